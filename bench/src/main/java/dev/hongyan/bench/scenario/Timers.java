package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.DelayedLoad;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.BullMq;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.PeerRedis;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A million delayed messages of one tenant that wait for hours: what they cost the store and the
 * node (which is restarted once with all of them), and whether a thousand others that are due
 * within ten seconds come on time.
 *
 * <pre>bin/bench timers</pre>
 */
public final class Timers implements Scenario {
  private static final int BYTES = 128;
  private static final int DUE = 1_000;
  private static final int DUE_SPAN_MILLIS = 10_000;
  private static final int DUE_AFTER_MILLIS = 5_000;
  private static final long FAR_MILLIS = 6 * 3_600_000;
  private static final double MIB = 1 << 20;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    ours(stage);
    if (stage.others() && BullMq.isInstalled(stage.setup())) {
      // Fewer, because adding them takes long.
      int waiting = stage.quick() ? 5_000 : 200_000;
      stage.listener().progress("BullMQ: adding " + waiting);
      try (PeerRedis redis = new PeerRedis(stage.setup())) {
        Map<String, Double> figures = BullMq.run(stage.setup(), redis, waiting, DUE);
        stage
            .listener()
            .result(new Result("timers", "BullMQ", Map.of("waiting", waiting), figures, Map.of()));
      }
    } else if (stage.others()) {
      stage.listener().progress("BullMQ is not installed, so it is left out");
    }
  }

  private static void ours(Stage stage) throws InterruptedException, IOException {
    int waiting = stage.quick() ? 20_000 : 1_000_000;
    Seen seen = new Seen();
    try (HongyanServer server = HongyanServer.start(stage.setup());
        DelayedLoad load =
            new DelayedLoad(
                stage.generator(), server.storeAddress(), HongyanServer.TENANT, "app.bench")) {
      Map<String, Double> figures = new LinkedHashMap<>();
      double heapBefore = server.jvm().liveBytes();
      long storeBefore = load.storeBytes();
      stage.listener().progress("adding " + waiting);
      long from = System.nanoTime();
      long far = System.currentTimeMillis() + FAR_MILLIS;
      load.add(DUE, waiting, BYTES, number -> far + number);
      figures.put("waiting", (double) load.pending());
      figures.put("added per s", waiting / ((System.nanoTime() - from) / 1e9));
      double store = load.storeBytes() - storeBefore;
      figures.put("Redis MiB", store / MIB);
      figures.put("Redis bytes each", store / waiting);
      figures.put("node heap growth MiB", (server.jvm().liveBytes() - heapBefore) / MIB);
      server.kill();
      from = System.nanoTime();
      server.restart();
      figures.put("restart to open doors s", (System.nanoTime() - from) / 1e9);
      figures.put(
          "node heap after restart, growth MiB", (server.jvm().liveBytes() - heapBefore) / MIB);

      Receiver.Target target = new Receiver.Target(server.port(), server.token(), "app.bench");
      Crowd crowd = new Crowd(stage.generator(), seen, target, "t", 1, Receiver.Kind.LIVE);
      crowd.connectAll(Duration.ofSeconds(30));
      crowd.expect(0);
      stage.generator().run(() -> seen.windowFrom(0));
      long due = System.currentTimeMillis() + DUE_AFTER_MILLIS;
      load.add(0, DUE, BYTES, number -> due + number * DUE_SPAN_MILLIS / DUE);
      stage.listener().progress(DUE + " are due");
      long left =
          crowd.awaitAll(
              DUE - 1, Duration.ofMillis(DUE_AFTER_MILLIS + DUE_SPAN_MILLIS).plusSeconds(30));
      Costs.quantiles(figures, "lateness", stage.generator().call(seen::windowEnd));
      figures.put("due and not there", (double) (left + seen.missing()));
      figures.put("out of order", (double) seen.outOfOrder());
      figures.put("still waiting", (double) load.pending());
      figures.put("load average of the machine", Costs.loadAverage());
      stage
          .listener()
          .result(
              new Result(
                  "timers",
                  server.name(),
                  Map.of("waiting", waiting),
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
      stage.generator().run(crowd::end);
    }
  }
}
