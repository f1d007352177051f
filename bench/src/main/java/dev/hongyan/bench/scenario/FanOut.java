package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.PeerCrowd;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
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
import org.HdrHistogram.Histogram;

/**
 * A thousand durable subscribers to everything and one publisher of 256 B messages: 50 a second,
 * then 300 a second, which is more than most can do. Beside it bare Vert.x, which has no log and
 * gets no acks.
 *
 * <p>The subscribers acknowledge exactly as our SDKs do by default: cumulatively, the first message
 * at once, and then at most once in 200 ms, or as soon as a quarter of the window (64 messages or
 * 256 KiB) waits for it. With {@code --ack-each} each frame is acknowledged by itself.
 *
 * <pre>bin/bench fanout</pre>
 */
public final class FanOut implements Scenario {
  private static final int RECEIVERS = 1000;
  private static final int BYTES = 256;
  private static final int WARM_SECONDS = 30;
  private static final int WINDOW_SECONDS = 15;
  private static final List<Integer> RATES = List.of(50, 300);

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (Server server = HongyanServer.start(stage.setup())) {
      measure(stage, server, Receiver.Kind.DURABLE);
    }
    if (stage.peers()) {
      try (Server server = BareServer.start(stage.setup())) {
        measure(stage, server, Receiver.Kind.LIVE);
      }
    }
    for (PeerServer.Kind kind : stage.others(Peers.FAN_OUT)) {
      try (PeerServer server = PeerServer.start(stage.setup(), kind)) {
        measure(stage, server, kind);
      }
    }
  }

  /** The same at somebody else's server, in its own language. */
  private static void measure(Stage stage, PeerServer server, PeerServer.Kind kind)
      throws InterruptedException, IOException {
    Seen seen = new Seen();
    PeerCrowd crowd = Peers.crowd(stage, seen, server, kind, RECEIVERS, BYTES);
    crowd.connectAll(Duration.ofSeconds(120));
    for (int rate : RATES) {
      stage.listener().progress(server.name() + ": " + RECEIVERS + " x " + rate + "/s");
      stage.generator().run(() -> crowd.start(rate));
      stage.generator().pause(Duration.ofSeconds(stage.seconds(WARM_SECONDS, 2)));
      stage.generator().run(() -> seen.windowFrom(stage.generator().now()));
      long delivered = stage.generator().call(seen::delivered);
      Costs costs = Costs.from(server);
      stage.generator().pause(Duration.ofSeconds(stage.seconds(WINDOW_SECONDS, 2)));
      Map<String, Double> figures = new LinkedHashMap<>();
      costs.into(figures, "delivery", stage.generator().call(seen::delivered) - delivered);
      stage.generator().run(crowd::stop);
      long behind = crowd.awaitAll(Duration.ofSeconds(stage.seconds(30, 5)));
      Costs.quantiles(figures, "latency", stage.generator().call(seen::windowEnd));
      figures.put("missing", (double) (behind + stage.generator().call(seen::missing)));
      figures.put("twice", (double) seen.duplicates());
      stage
          .listener()
          .result(
              new Result(
                  "fanout",
                  server.name(),
                  Map.of("msg/s", rate),
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
    }
    stage.generator().run(crowd::end);
  }

  private static void measure(Stage stage, Server server, Receiver.Kind kind)
      throws InterruptedException, IOException {
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    Crowd crowd = new Crowd(stage.generator(), seen, target, "r", RECEIVERS, kind);
    Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
    crowd.connectAll(Duration.ofSeconds(120));
    crowd.expect(0);
    stage.generator().run(publisher::connect);
    boolean unused = stage.generator().await(Duration.ofSeconds(10), publisher::isOpen);
    for (int rate : RATES) {
      stage.listener().progress(server.name() + ": " + RECEIVERS + " x " + rate + "/s");
      one(stage, server, seen, crowd, publisher, rate);
    }
    stage
        .generator()
        .run(
            () -> {
              publisher.end();
              crowd.end();
            });
  }

  private static void one(
      Stage stage, Server server, Seen seen, Crowd crowd, Publisher publisher, int rate)
      throws InterruptedException, IOException {
    stage.generator().run(() -> publisher.start(rate));
    stage.generator().pause(Duration.ofSeconds(stage.seconds(WARM_SECONDS, 3)));
    stage.generator().run(() -> seen.windowFrom(stage.generator().now()));
    long delivered = stage.generator().call(seen::delivered);
    long frames = stage.generator().call(seen::frames);
    Costs costs = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(WINDOW_SECONDS, 4)));
    Map<String, Double> figures = new LinkedHashMap<>();
    long deliveredAfter = stage.generator().call(seen::delivered);
    long framesAfter = stage.generator().call(seen::frames);
    costs.into(figures, "delivery", deliveredAfter - delivered);
    stage.generator().run(publisher::stop);
    long behind = crowd.awaitConfirmed(publisher, Duration.ofSeconds(60));
    Histogram latency = stage.generator().call(seen::windowEnd);
    figures.put(
        "messages per frame",
        (deliveredAfter - delivered) / (double) Math.max(1, framesAfter - frames));
    Costs.quantiles(figures, "latency", latency);
    figures.put("missing", (double) (behind + seen.missing()));
    figures.put("out of order", (double) seen.outOfOrder());
    figures.put("twice", (double) seen.duplicates());
    stage
        .listener()
        .result(
            new Result(
                "fanout",
                server.name(),
                Map.of("msg/s", rate, "acks", stage.acks().name().toLowerCase(Locale.ROOT)),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
  }
}
