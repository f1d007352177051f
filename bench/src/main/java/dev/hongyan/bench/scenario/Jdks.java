package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.load.Traffic;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.Jdk;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node under each Java that is found here, one after the other: start, pushes as fast as they are
 * answered, and fan-out to a thousand receivers at 300 messages a second.
 *
 * <pre>bin/bench jdk</pre>
 */
public final class Jdks implements Scenario {
  private static final Duration IN_WITHIN = Duration.ofSeconds(120);
  private static final List<String> OF_PUSHES =
      List.of("push per s", "server CPU µs per push", "answer p99 ms", "not answered success");
  private static final List<String> OF_FAN_OUT =
      List.of(
          "server CPU µs per delivery",
          "delivery per s",
          "latency p50 ms",
          "latency p99 ms",
          "missing");

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    List<Jdk> all = Jdk.each(List.of(stage.setup().jdk()));
    if (all.size() == 1) {
      stage.listener().progress("there is only Java " + all.get(0).version());
    }
    for (Jdk jdk : all) {
      stage.listener().progress("Java " + jdk.version());
      Stage under = stage.with(stage.setup().with(jdk));
      // The first start under it makes an archive of classes.
      HongyanServer.start(under.setup()).close();
      Map<String, Double> figures = new LinkedHashMap<>();
      try (HongyanServer server = HongyanServer.start(under.setup())) {
        figures.put("serve until the doors are open s", server.startSeconds());
        figures.put("CPU until then s", server.process().cpuSeconds());
        pushes(under, server, figures);
      }
      try (HongyanServer server = HongyanServer.start(under.setup())) {
        fanOut(under, server, figures);
        figures.put("RSS MiB", server.process().rssBytes() / (double) (1 << 20));
        figures.put("load average of the machine", Costs.loadAverage());
        stage
            .listener()
            .result(
                new Result("jdk", server.name(), Map.of("Java", jdk.version()), figures, Map.of()));
      }
    }
  }

  private static void pushes(Stage stage, HongyanServer server, Map<String, Double> figures)
      throws InterruptedException {
    Push.addAccount(server);
    int warm = stage.seconds(150_000, 2_000);
    var unused = Push.most(stage, server, "warm-up", 0, warm);
    Push.Seen seen = Push.most(stage, server, "most", warm, stage.seconds(200_000, 5_000));
    OF_PUSHES.forEach(name -> figures.put(name, seen.figures().getOrDefault(name, Double.NaN)));
  }

  private static void fanOut(Stage stage, HongyanServer server, Map<String, Double> figures)
      throws InterruptedException {
    FanOut.Step step = FanOut.SATURATED;
    Seen seen = new Seen();
    Traffic traffic = FanOut.ours(stage, server, seen, step, Receiver.Kind.DURABLE);
    traffic.connectAll(IN_WITHIN);
    Stretch stretch = step.stretches().get(0);
    stage.listener().progress(step.receivers() + " x " + stretch.rate() + "/s");
    Map<String, Double> all = stretch.measure(stage, server, seen, traffic);
    OF_FAN_OUT.forEach(name -> figures.put(name, all.getOrDefault(name, Double.NaN)));
    stage.generator().run(traffic::end);
  }
}
