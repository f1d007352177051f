package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.PeerCrowd;
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
import java.util.Map;

/**
 * Ten thousand sessions with one subscription each and nothing to say: what one costs in memory.
 *
 * <pre>bin/bench idle</pre>
 */
public final class Idle implements Scenario {
  private static final double KIB = 1024;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    for (Receiver.Kind kind : Receiver.Kind.values()) {
      try (Server server = HongyanServer.start(stage.setup())) {
        measure(stage, server, kind);
      }
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
    stage.listener().progress(server.name() + ": " + stage.sessions());
    Seen seen = new Seen();
    PeerCrowd crowd = Peers.crowd(stage, seen, server, kind, stage.sessions(), 256);
    long before = server.process().rssBytes();
    Costs coming = Costs.from(server);
    crowd.connectAll(Duration.ofSeconds(180));
    Map<String, Double> came = new LinkedHashMap<>();
    coming.into(came, "session", stage.sessions());
    stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 3)));
    Map<String, Double> figures = new LinkedHashMap<>();
    double n = stage.sessions();
    figures.put("RSS per session KiB", (server.process().rssBytes() - before) / n / KIB);
    Costs idle = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(20, 3)));
    Map<String, Double> rest = new LinkedHashMap<>();
    idle.into(rest, "second", 1);
    figures.put("RSS without sessions MiB", before / KIB / KIB);
    figures.put("server CPU % while idle", rest.getOrDefault("server CPU %", 0.0));
    figures.put("server CPU µs to come in", came.getOrDefault("server CPU µs per session", 0.0));
    figures.put("sessions per s coming in", came.getOrDefault("session per s", 0.0));
    stage
        .listener()
        .result(
            new Result(
                "idle",
                server.name(),
                Map.of(),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage.generator().run(crowd::end);
  }

  private static void measure(Stage stage, Server server, Receiver.Kind kind)
      throws InterruptedException, IOException {
    stage.listener().progress(server.name() + ": " + stage.sessions() + ' ' + kind);
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    long liveBefore = server.jvm().liveBytes();
    long rssBefore = server.process().rssBytes();
    Crowd crowd = new Crowd(stage.generator(), seen, target, "r", stage.sessions(), kind);
    Costs coming = Costs.from(server);
    crowd.connectAll(Duration.ofSeconds(180));
    Map<String, Double> came = new LinkedHashMap<>();
    coming.into(came, "session", stage.sessions());
    stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 3)));
    Map<String, Double> figures = new LinkedHashMap<>();
    double n = stage.sessions();
    figures.put("RSS per session KiB", (server.process().rssBytes() - rssBefore) / n / KIB);
    Costs idle = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(20, 3)));
    Map<String, Double> rest = new LinkedHashMap<>();
    idle.into(rest, "second", 1);
    long live = server.jvm().liveBytes();
    figures.put("live heap per session KiB", (live - liveBefore) / n / KIB);
    figures.put(
        "RSS per session after a full GC KiB", (server.process().rssBytes() - rssBefore) / n / KIB);
    figures.put("RSS without sessions MiB", rssBefore / KIB / KIB);
    figures.put("server CPU % while idle", rest.getOrDefault("server CPU %", 0.0));
    figures.put("server CPU µs to come in", came.getOrDefault("server CPU µs per session", 0.0));
    figures.put("sessions per s coming in", came.getOrDefault("session per s", 0.0));
    stage
        .listener()
        .result(
            new Result(
                "idle",
                server.name(),
                Map.of("kind", kind.name().toLowerCase(java.util.Locale.ROOT)),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage.listener().progress(server.jvm().largest(25));
    stage.generator().run(crowd::end);
  }
}
