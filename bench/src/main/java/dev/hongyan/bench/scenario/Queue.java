package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.load.Team;
import dev.hongyan.bench.load.Traffic;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.PeerServer;
import dev.hongyan.bench.process.Server;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Work that connections of one name share: each message of 256 B goes to one of them, which
 * acknowledges it; as many messages as are acknowledged, then 2,000 a second. 10,000 subjects in
 * turn, of each of which one message is under way at a time. Everything is in the log, with fsync,
 * before it is delivered.
 *
 * <p>Beside it a shared subscription of mosquitto (QoS 1, in memory) and a queue group of NATS core
 * (no acks at all), neither of which keeps any order.
 *
 * <pre>bin/bench queue --peers</pre>
 */
public final class Queue implements Scenario {
  private static final List<Integer> MEMBERS = List.of(8, 64);
  private static final int BYTES = 256;
  private static final int SUBJECTS = 10_000;
  private static final int UNDER_WAY = 2_000;
  private static final Duration IN_WITHIN = Duration.ofSeconds(30);
  private static final List<Stretch> STRETCHES =
      List.of(Stretch.most(UNDER_WAY, 10, 10), Stretch.of(2_000, 3, 10));

  /** Makes the traffic of so many members. */
  private interface Maker {
    Traffic make(int members, Seen seen);
  }

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (Server server = HongyanServer.start(stage.setup())) {
      all(stage, server, "each", (members, seen) -> ours(stage, server, seen, members));
    }
    for (PeerServer.Kind kind : stage.others(Peers.QUEUE)) {
      try (PeerServer server = PeerServer.start(stage.setup(), kind)) {
        all(
            stage,
            server,
            kind == PeerServer.Kind.NATS ? "none" : "each",
            (members, seen) -> Peers.group(stage, seen, server, kind, members, BYTES));
      }
    }
  }

  private static Traffic ours(Stage stage, Server server, Seen seen, int members) {
    Receiver.Target target = stage.target(server);
    Publisher publisher =
        new Publisher(stage.generator(), seen, target, BYTES).named("publisher-" + members);
    publisher.spread(SUBJECTS, 1);
    return new Team(stage.generator(), seen, target, "jobs-" + members, members, publisher);
  }

  private static void all(Stage stage, Server server, String acks, Maker maker)
      throws InterruptedException, IOException {
    for (int members : MEMBERS) {
      Seen seen = new Seen();
      Traffic traffic = maker.make(members, seen);
      traffic.connectAll(IN_WITHIN);
      for (Stretch stretch : STRETCHES) {
        stage.listener().progress(server.name() + ": " + members + " x " + stretch.rate() + "/s");
        Map<String, Double> figures = stretch.measure(stage, server, seen, traffic);
        figures.remove("out of order"); // of the whole there is none
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("members", members);
        parameters.put("msg/s", stretch.rate());
        parameters.put("acks", acks);
        stage
            .listener()
            .result(
                new Result(
                    "queue",
                    server.name(),
                    parameters,
                    figures,
                    stage.generator().call(() -> Map.copyOf(seen.errors()))));
      }
      stage.generator().run(traffic::end);
    }
  }
}
