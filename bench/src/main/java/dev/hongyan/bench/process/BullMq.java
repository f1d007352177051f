package dev.hongyan.bench.process;

import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** BullMQ's delayed jobs: one run of a script of ours in Node.js, on the server's processors. */
public final class BullMq {
  private BullMq() {}

  public static boolean isInstalled(Setup setup) {
    return Files.exists(script(setup));
  }

  /**
   * Runs it to its end; gives its figures.
   *
   * @param waiting jobs that wait for hours
   * @param due jobs that are due within ten seconds
   */
  public static Map<String, Double> run(Setup setup, PeerRedis redis, int waiting, int due) {
    String said =
        Proc.all(
            List.of(
                "env",
                "NODE_PATH=" + script(setup).resolveSibling("node_modules"),
                "taskset",
                "-c",
                setup.serverProcessors(),
                "timeout",
                "240",
                "node",
                script(setup).toString(),
                redis.address(),
                Integer.toString(waiting),
                Integer.toString(due)));
    String last = said.strip().lines().reduce("", (before, line) -> line);
    if (!last.startsWith("{")) {
      throw new IllegalStateException("BullMQ: " + said.strip());
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    for (Map.Entry<String, Object> e : new JsonObject(last)) {
      figures.put(e.getKey(), e.getValue() instanceof Number n ? n.doubleValue() : Double.NaN);
    }
    return figures;
  }

  private static Path script(Setup setup) {
    return setup.root().resolve("bench/target/peers/npm/bullmq.cjs");
  }
}
