package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Flock;
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
import java.util.Locale;
import java.util.Map;

/**
 * Ten thousand sessions with one subscription each and nothing to say: what one costs in memory.
 *
 * <pre>bin/bench idle</pre>
 */
public final class Idle implements Scenario {
  private static final int SESSIONS = 10_000;
  private static final double KIB = 1024;

  /** Makes the sessions. */
  private interface Maker {
    Flock make(int sessions, Seen seen);
  }

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    for (Receiver.Kind kind : Receiver.Kind.values()) {
      try (Server server = HongyanServer.start(stage.setup())) {
        ours(stage, server, kind);
      }
    }
    if (stage.peers()) {
      try (Server server = BareServer.start(stage.setup())) {
        ours(stage, server, Receiver.Kind.LIVE);
      }
    }
    for (PeerServer.Kind kind : stage.others(Peers.FAN_OUT)) {
      try (PeerServer server = PeerServer.start(stage.setup(), kind)) {
        measure(
            stage,
            server,
            false,
            Map.of(),
            (sessions, seen) -> Peers.crowd(stage, seen, server, kind, sessions, 256));
      }
    }
  }

  private static void ours(Stage stage, Server server, Receiver.Kind kind)
      throws InterruptedException, IOException {
    measure(
        stage,
        server,
        true,
        Map.of("kind", kind.name().toLowerCase(Locale.ROOT)),
        (sessions, seen) ->
            new Crowd(stage.generator(), seen, stage.target(server), "r", sessions, kind));
  }

  /**
   * One server.
   *
   * @param jvm whether it is one, so that its heap can be looked at
   */
  private static void measure(
      Stage stage, Server server, boolean jvm, Map<String, Object> parameters, Maker maker)
      throws InterruptedException, IOException {
    int sessions = stage.sessionsOr(SESSIONS);
    stage.listener().progress(server.name() + ": " + sessions + ' ' + parameters);
    Seen seen = new Seen();
    long liveBefore = jvm ? server.jvm().liveBytes() : 0;
    long before = server.process().rssBytes();
    Flock flock = maker.make(sessions, seen);
    Costs coming = Costs.from(server);
    flock.connectAll(Duration.ofSeconds(180));
    Map<String, Double> came = new LinkedHashMap<>();
    coming.into(came, "session", sessions);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 3)));
    Map<String, Double> figures = new LinkedHashMap<>();
    double n = sessions;
    figures.put("RSS per session KiB", (server.process().rssBytes() - before) / n / KIB);
    if (jvm) { // its compiler is at work for a while after so many came in
      stage.generator().pause(Duration.ofSeconds(stage.seconds(20, 1)));
    }
    Costs idle = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(25, 3)));
    Map<String, Double> rest = new LinkedHashMap<>();
    idle.into(rest, "second", 1);
    if (jvm) {
      long live = server.jvm().liveBytes();
      figures.put("live heap per session KiB", (live - liveBefore) / n / KIB);
      figures.put(
          "RSS per session after a full GC KiB", (server.process().rssBytes() - before) / n / KIB);
    }
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
                parameters,
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    if (jvm) {
      stage.listener().progress(server.jvm().largest(25));
    }
    stage.generator().run(flock::end);
  }
}
