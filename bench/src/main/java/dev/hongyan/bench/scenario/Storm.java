package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Ten thousand sessions under a light stream lose their connections at once, and come back as SDKs
 * do: the first time within a random part of a second. Then the same because the server was killed
 * with {@code kill -9} and started again. Every message that the server confirmed must come, in its
 * order.
 *
 * <pre>bin/bench storm</pre>
 */
public final class Storm implements Scenario {
  private static final int BYTES = 256;
  private static final double PER_SECOND = 2;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    for (Receiver.Kind kind : Receiver.Kind.values()) {
      try (HongyanServer server = HongyanServer.start(stage.setup())) {
        measure(stage, server, kind);
      }
    }
  }

  private static void measure(Stage stage, HongyanServer server, Receiver.Kind kind)
      throws InterruptedException, IOException {
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    Crowd crowd = new Crowd(stage.generator(), seen, target, "r", stage.sessions(), kind);
    Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
    stage.listener().progress(stage.sessions() + " sessions come, " + kind);
    crowd.connectAll(Duration.ofSeconds(180));
    crowd.expect(0);
    stage.generator().run(publisher::connect);
    boolean unused = stage.generator().await(Duration.ofSeconds(10), publisher::isOpen);
    stage.generator().run(() -> publisher.start(PER_SECOND));
    stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 2)));
    stage.generator().run(() -> crowd.comeBack(true));

    stage.listener().progress("all are cut");
    stage.generator().run(crowd::cutAll);
    back(stage, server, seen, crowd, publisher, "all cut", kind, Map.of());

    stage.listener().progress("kill -9");
    stage.generator().run(crowd::markCut);
    long killed = System.nanoTime();
    server.kill();
    server.restart();
    double answered = (System.nanoTime() - killed) / 1e6;
    back(
        stage, server, seen, crowd, publisher, "kill -9", kind, Map.of("server away ms", answered));
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
      Seen seen,
      Crowd crowd,
      Publisher publisher,
      String what,
      Receiver.Kind kind,
      Map<String, Double> more)
      throws InterruptedException, IOException {
    Costs costs = Costs.from(server);
    long missingBefore = stage.generator().call(seen::missing);
    long twiceBefore = stage.generator().call(seen::duplicates);
    // the sockets' ends have to be heard of first, or all would still seem to be there
    boolean gone =
        stage.generator().await(Duration.ofSeconds(10), () -> crowd.recovery().getTotalCount() > 0);
    boolean all =
        stage
            .generator()
            .await(
                Duration.ofSeconds(120),
                () ->
                    crowd.isAllCaughtUp()
                        && crowd.recovery().getTotalCount() >= crowd.receivers().size());
    Map<String, Double> used = new LinkedHashMap<>();
    costs.into(used, "session", crowd.receivers().size());
    Map<String, Double> figures = new LinkedHashMap<>(more);
    // a few more messages for everybody, then nothing may be missing
    stage.generator().pause(Duration.ofSeconds(3));
    stage.generator().run(publisher::stop);
    long behind = crowd.awaitConfirmed(publisher, Duration.ofSeconds(60));
    Histogram recovery = stage.generator().call(() -> crowd.recovery().copy());
    figures.put(
        "back and caught up %",
        100.0 * stage.generator().call(crowd::caughtUp) / crowd.receivers().size());
    figures.put("missing", (double) (behind + seen.missing() - missingBefore));
    figures.put("twice", (double) (seen.duplicates() - twiceBefore));
    figures.put("out of order", (double) seen.outOfOrder());
    figures.put("recovery mean ms", recovery.getMean() / 1e6);
    Costs.quantiles(figures, "recovery", recovery);
    figures.put("server CPU µs per session", used.getOrDefault("server CPU µs per session", 0.0));
    for (Map.Entry<String, Long> e :
        stage.generator().call(() -> Map.copyOf(crowd.verdicts())).entrySet()) {
      figures.put("verdict " + e.getKey(), (double) e.getValue());
    }
    if (!gone || !all) {
      stage.listener().progress("not all came back");
    }
    stage
        .listener()
        .result(
            new Result(
                "storm",
                server.name(),
                Map.of("after", what, "kind", kind.name().toLowerCase(Locale.ROOT)),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage.generator().run(() -> publisher.start(PER_SECOND));
  }
}
