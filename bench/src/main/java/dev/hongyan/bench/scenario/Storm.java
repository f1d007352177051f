package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Flock;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Return;
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
 * Nine thousand sessions under a light stream lose their connections at once, and come back as SDKs
 * do: the first time within a random part of a second. Then again, and they come back as fast as
 * they are let in. Then because the server was killed with {@code kill -9} and started again. Every
 * message that the server confirmed must come, in its order.
 *
 * <p>Beside it bare Vert.x, nchan and NATS core: as many connections, cut and coming back in the
 * same two ways. There is no stream, and nothing to resume or to catch up with: they are back when
 * they are subscribed.
 *
 * <pre>bin/bench storm --peers</pre>
 */
public final class Storm implements Scenario {
  private static final int SESSIONS = 9_000;
  private static final int BYTES = 256;
  private static final double PER_SECOND = 2;
  private static final Duration IN_WITHIN = Duration.ofSeconds(180);
  private static final Duration BACK_WITHIN = Duration.ofSeconds(120);

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    for (Receiver.Kind kind : Receiver.Kind.values()) {
      try (HongyanServer server = HongyanServer.start(stage.setup())) {
        ours(stage, server, kind);
      }
    }
    int sessions = stage.sessionsOr(SESSIONS);
    if (stage.peers()) {
      try (Server server = BareServer.start(stage.setup())) {
        Seen seen = new Seen();
        Receiver.Target target = stage.target(server);
        bare(
            stage,
            server,
            seen,
            new Crowd(stage.generator(), seen, target, "r", sessions, Receiver.Kind.LIVE));
      }
    }
    for (PeerServer.Kind kind : stage.others(Peers.STORM)) {
      try (PeerServer server = PeerServer.start(stage.setup(), kind)) {
        Seen seen = new Seen();
        bare(stage, server, seen, Peers.crowd(stage, seen, server, kind, sessions, BYTES));
      }
    }
  }

  /** Connections that come back, and nothing else. */
  private static void bare(Stage stage, Server server, Seen seen, Flock flock)
      throws InterruptedException, IOException {
    stage.listener().progress(server.name() + ": " + flock.size() + " sessions come");
    flock.connectAll(IN_WITHIN);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(5, 1)));
    for (Return how : Return.values()) {
      Costs costs = Costs.from(server);
      stage
          .generator()
          .run(
              () -> {
                flock.comeBack(how);
                flock.cutAll();
              });
      awaitBack(stage, flock);
      Map<String, Double> figures = new LinkedHashMap<>();
      figures(stage, flock, costs, figures);
      stage
          .listener()
          .result(
              new Result(
                  "storm",
                  server.name(),
                  parameters("all cut", how, "bare reconnect"),
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
      stage.generator().pause(Duration.ofSeconds(stage.seconds(3, 1)));
    }
    stage.generator().run(flock::end);
  }

  private static void ours(Stage stage, HongyanServer server, Receiver.Kind kind)
      throws InterruptedException, IOException {
    int sessions = stage.sessionsOr(SESSIONS);
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    Crowd crowd = new Crowd(stage.generator(), seen, target, "r", sessions, kind);
    Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
    stage.listener().progress(sessions + " sessions come, " + kind);
    crowd.connectAll(IN_WITHIN);
    crowd.expect(0);
    publisher.connectAndWait(Duration.ofSeconds(10));
    stage.generator().run(() -> publisher.start(PER_SECOND));
    stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 2)));

    for (Return how : Return.values()) {
      stage.listener().progress("all are cut, and come back " + how);
      Costs costs = Costs.from(server);
      stage
          .generator()
          .run(
              () -> {
                crowd.comeBack(how);
                crowd.cutAll();
              });
      back(stage, server, crowd, publisher, seen, costs, parameters("all cut", how, name(kind)));
    }

    stage.listener().progress("kill -9");
    stage
        .generator()
        .run(
            () -> {
              crowd.comeBack(Return.AS_THE_SDKS);
              crowd.markCut();
            });
    server.kill();
    server.restart();
    Costs costs = Costs.from(server); // of the new process, once its doors are open
    Map<String, Object> killed = parameters("kill -9", Return.AS_THE_SDKS, name(kind));
    back(stage, server, crowd, publisher, seen, costs, killed);
    stage
        .generator()
        .run(
            () -> {
              publisher.end();
              crowd.end();
            });
  }

  private static void back(
      Stage stage,
      HongyanServer server,
      Crowd crowd,
      Publisher publisher,
      Seen seen,
      Costs costs,
      Map<String, Object> parameters)
      throws InterruptedException, IOException {
    long missingBefore = stage.generator().call(seen::missing);
    long twiceBefore = stage.generator().call(seen::duplicates);
    awaitBack(stage, crowd);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures(stage, crowd, costs, figures);
    // a few more messages for everybody, then nothing may be missing
    stage.generator().pause(Duration.ofSeconds(3));
    stage.generator().run(publisher::stop);
    long behind = crowd.awaitConfirmed(publisher, Duration.ofSeconds(60));
    figures.put(
        "missing", (double) (behind + stage.generator().call(seen::missing) - missingBefore));
    figures.put("twice", (double) (stage.generator().call(seen::duplicates) - twiceBefore));
    figures.put("out of order", (double) stage.generator().call(seen::outOfOrder));
    for (Map.Entry<String, Long> e :
        stage.generator().call(() -> Map.copyOf(crowd.verdicts())).entrySet()) {
      figures.put("verdict " + e.getKey(), (double) e.getValue());
    }
    stage
        .listener()
        .result(
            new Result(
                "storm",
                server.name(),
                parameters,
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage.generator().run(() -> publisher.start(PER_SECOND));
  }

  /** Until each has been away and all are back. */
  private static void awaitBack(Stage stage, Flock flock) throws InterruptedException {
    boolean all =
        stage
            .generator()
            .await(
                BACK_WITHIN,
                () ->
                    flock.back() == flock.size()
                        && flock.recovery().getTotalCount() >= flock.size());
    if (!all) {
      stage.listener().progress("not all came back");
    }
  }

  private static void figures(Stage stage, Flock flock, Costs costs, Map<String, Double> figures)
      throws InterruptedException {
    Map<String, Double> used = new LinkedHashMap<>();
    costs.into(used, "session", flock.size());
    Histogram recovery = stage.generator().call(() -> flock.recovery().copy());
    figures.put("back and caught up %", 100.0 * stage.generator().call(flock::back) / flock.size());
    figures.put("all back and caught up after s", recovery.getMaxValue() / 1e9);
    figures.put("recovery mean ms", recovery.getMean() / 1e6);
    Costs.quantiles(figures, "recovery", recovery);
    for (String name : List.of("server CPU µs per session", "server CPU %", "generator CPU %")) {
      figures.put(name, used.getOrDefault(name, 0.0));
    }
  }

  private static Map<String, Object> parameters(String after, Return how, String kind) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("after", after);
    parameters.put("coming back", how == Return.AT_ONCE ? "at once" : "within a second");
    parameters.put("kind", kind);
    return parameters;
  }

  private static String name(Receiver.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
