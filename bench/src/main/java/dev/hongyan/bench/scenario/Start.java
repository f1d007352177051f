package dev.hongyan.bench.scenario;

import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * From {@code bin/hongyan serve} on a built tree to open doors, with an empty store and its own
 * Redis; then from {@code kill -9} to open doors again on the same data. On one processor.
 *
 * <pre>bin/bench start --runs 5</pre>
 */
public final class Start implements Scenario {
  private static final int TIMES = 3;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    // The very first start after a build makes an archive of classes, which is not what is asked.
    HongyanServer.start(stage.setup()).close();
    for (int i = 0; i < (stage.quick() ? 1 : TIMES); i++) {
      try (HongyanServer server = HongyanServer.start(stage.setup())) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("serve until the doors are open s", server.startSeconds());
        figures.put("CPU until then s", server.process().cpuSeconds());
        long killed = System.nanoTime();
        server.kill();
        server.restart();
        figures.put("kill -9 until the doors are open again s", (System.nanoTime() - killed) / 1e9);
        figures.put("RSS MiB", server.process().rssBytes() / (double) (1 << 20));
        figures.put("load average of the machine", Costs.loadAverage());
        stage.listener().result(new Result("start", server.name(), Map.of(), figures, Map.of()));
      }
    }
  }
}
