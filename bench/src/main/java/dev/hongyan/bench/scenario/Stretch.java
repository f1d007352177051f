package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.load.Traffic;
import dev.hongyan.bench.process.PeerServer;
import dev.hongyan.bench.process.Server;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A stretch of traffic: first to warm up, then to measure, then until all has come.
 *
 * @param perSecond messages a second; 0 for as many as are taken
 * @param underWay how many may be published and not yet taken, where there is no rate
 */
record Stretch(int perSecond, int underWay, int warmSeconds, int seconds) {
  private static final int QUICK_SECONDS = 2;
  private static final int WAIT_SECONDS = 60;
  private static final int WAIT_QUICKLY_SECONDS = 20;

  /** At a rate. */
  static Stretch of(int perSecond, int warmSeconds, int seconds) {
    return new Stretch(perSecond, 0, warmSeconds, seconds);
  }

  /** As many as are taken. */
  static Stretch most(int underWay, int warmSeconds, int seconds) {
    return new Stretch(0, underWay, warmSeconds, seconds);
  }

  /** As it stands over a column. */
  Object rate() {
    return perSecond == 0 ? "most" : perSecond;
  }

  /** Runs it; gives what one delivery cost, how long it took, and what did not come. */
  Map<String, Double> measure(Scenario.Stage stage, Server server, Seen seen, Traffic traffic)
      throws InterruptedException {
    long twiceBefore = stage.generator().call(seen::duplicates);
    long missingBefore = stage.generator().call(seen::missing);
    stage
        .generator()
        .run(
            () -> {
              if (perSecond == 0) {
                traffic.most(underWay);
              } else {
                traffic.start(perSecond);
              }
            });
    stage.generator().pause(Duration.ofSeconds(stage.seconds(warmSeconds, QUICK_SECONDS)));
    stage.generator().run(() -> seen.windowFrom(stage.generator().now()));
    long deliveredBefore = stage.generator().call(seen::delivered);
    long framesBefore = stage.generator().call(seen::frames);
    Costs costs = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(seconds, QUICK_SECONDS)));
    Map<String, Double> figures = new LinkedHashMap<>();
    long delivered = stage.generator().call(seen::delivered) - deliveredBefore;
    long frames = stage.generator().call(seen::frames) - framesBefore;
    costs.into(figures, "delivery", delivered);
    stage.generator().run(traffic::stop);
    long missing =
        traffic.awaitAll(Duration.ofSeconds(stage.seconds(WAIT_SECONDS, WAIT_QUICKLY_SECONDS)));
    if (!(server instanceof PeerServer)) { // of a stream of bytes nobody knows
      figures.put("messages per frame", delivered / (double) Math.max(1, frames));
    }
    Costs.quantiles(figures, "latency", stage.generator().call(seen::windowEnd));
    figures.put("missing", (double) (missing - missingBefore));
    figures.put("out of order", (double) stage.generator().call(seen::outOfOrder));
    figures.put("twice", (double) (stage.generator().call(seen::duplicates) - twiceBefore));
    return figures;
  }
}
