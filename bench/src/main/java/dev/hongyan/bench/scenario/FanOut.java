package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Broadcast;
import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.load.Traffic;
import dev.hongyan.bench.process.BareServer;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.PeerServer;
import dev.hongyan.bench.process.Server;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A thousand durable subscribers to everything and one publisher of 256 B messages: 50 a second,
 * then as many as are taken, then 300 a second, which is more than most can do. Then 500
 * subscribers and 300 messages of 200 B a second, at a server of their own. Beside it bare Vert.x,
 * which has no log and gets no acks.
 *
 * <p>The subscribers acknowledge exactly as our SDKs do by default: cumulatively, the first message
 * at once, and then at most once in 200 ms, or as soon as a quarter of the window (64 messages or
 * 256 KiB) waits for it. With {@code --ack-each} each frame is acknowledged by itself.
 *
 * <pre>bin/bench fanout</pre>
 */
public final class FanOut implements Scenario {
  private static final Duration IN_WITHIN = Duration.ofSeconds(120);

  /** Messages that may be on their way to a receiver, on the average, when there is no rate. */
  private static final int UNDER_WAY = 64;

  /** What may leave a server behind comes last: the next step has a server of its own. */
  private static final List<Step> STEPS =
      List.of(
          new Step(
              1000,
              256,
              List.of(
                  Stretch.of(50, 30, 15), Stretch.most(UNDER_WAY, 5, 10), Stretch.of(300, 10, 15))),
          new Step(500, 200, List.of(Stretch.of(300, 10, 10))));

  /** The one of them that {@code jdk} runs, too. */
  static final Step SATURATED = new Step(1000, 256, List.of(Stretch.of(300, 15, 15)));

  /**
   * A crowd and what it gets.
   *
   * @param bytes of each message's data
   */
  record Step(int receivers, int bytes, List<Stretch> stretches) {}

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    for (Step step : STEPS) {
      try (Server server = HongyanServer.start(stage.setup())) {
        ours(stage, server, step, Receiver.Kind.DURABLE);
      }
      if (stage.peers()) {
        try (Server server = BareServer.start(stage.setup())) {
          ours(stage, server, step, Receiver.Kind.LIVE);
        }
      }
      for (PeerServer.Kind kind : stage.others(Peers.FAN_OUT)) {
        try (PeerServer server = PeerServer.start(stage.setup(), kind)) {
          Seen seen = new Seen();
          Traffic traffic = Peers.crowd(stage, seen, server, kind, step.receivers(), step.bytes());
          measure(stage, server, step, seen, traffic);
        }
      }
    }
  }

  private static void ours(Stage stage, Server server, Step step, Receiver.Kind kind)
      throws InterruptedException, IOException {
    Seen seen = new Seen();
    measure(stage, server, step, seen, ours(stage, server, seen, step, kind));
  }

  /** Receivers that speak our protocol. */
  static Traffic ours(Stage stage, Server server, Seen seen, Step step, Receiver.Kind kind) {
    Receiver.Target target = stage.target(server);
    return new Broadcast(
        stage.generator(),
        seen,
        new Crowd(stage.generator(), seen, target, "r", step.receivers(), kind),
        new Publisher(stage.generator(), seen, target, step.bytes()));
  }

  private static void measure(Stage stage, Server server, Step step, Seen seen, Traffic traffic)
      throws InterruptedException, IOException {
    traffic.connectAll(IN_WITHIN);
    for (Stretch stretch : step.stretches()) {
      stage
          .listener()
          .progress(server.name() + ": " + step.receivers() + " x " + stretch.rate() + "/s");
      Map<String, Double> figures = stretch.measure(stage, server, seen, traffic);
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("receivers", step.receivers());
      parameters.put("bytes", step.bytes());
      parameters.put("msg/s", stretch.rate());
      if (server instanceof HongyanServer) {
        parameters.put("acks", stage.acks().name().toLowerCase(Locale.ROOT));
      }
      stage
          .listener()
          .result(
              new Result(
                  "fanout",
                  server.name(),
                  parameters,
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
    }
    stage.generator().run(traffic::end);
  }
}
