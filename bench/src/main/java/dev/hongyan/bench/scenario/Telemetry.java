package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.PushLoad;
import dev.hongyan.bench.load.ThinCollector;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same pushes, as fast as they are answered, at two nodes in turn: one that logs errors only,
 * sends no traces and whose metrics nobody reads; and one that logs, sends its traces to a
 * collector and whose metrics are read each second. Both are there all the time, so what wanders on
 * the machine meets both.
 *
 * <pre>bin/bench telemetry</pre>
 */
public final class Telemetry implements Scenario {
  private static final int CONNECTIONS = 128;
  private static final int ROUNDS = 4;

  /** One of the two nodes. */
  private static final class Side {
    final String name;
    final HongyanServer server;
    final List<Double> rates = new ArrayList<>();
    double cpuSeconds;
    long number;
    long bad;

    Side(String name, HongyanServer server) {
      this.name = name;
      this.server = server;
    }
  }

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (ThinCollector collector = new ThinCollector();
        HongyanServer off =
            HongyanServer.start(stage.setup(), Map.of("HONGYAN_LOG_LEVEL", "error"));
        HongyanServer on =
            HongyanServer.start(
                stage.setup(),
                Map.of(
                    "HONGYAN_LOG_LEVEL",
                    "info",
                    "HONGYAN_TRACING_OTLP",
                    "http://127.0.0.1:" + collector.port(),
                    "HONGYAN_MANAGEMENT_PORT",
                    Integer.toString(collector.freePort())))) {
      collector.scrapeEachSecond();
      List<Side> sides = List.of(new Side("off", off), new Side("on", on));
      for (Side side : sides) {
        Push.addAccount(side.server);
        stage.listener().progress("warm-up, " + side.name);
        go(stage, side, stage.seconds(250_000, 2_000));
        side.rates.clear();
        side.cpuSeconds = 0;
      }
      int count = stage.seconds(100_000, 3_000);
      for (int round = 1; round <= ROUNDS; round++) {
        stage.listener().progress("round " + round + " of " + ROUNDS);
        // In turn, so that what wanders or warms up meets both alike.
        go(stage, sides.get(round % 2), count);
        go(stage, sides.get(1 - round % 2), count);
      }
      double without = 0;
      for (Side side : sides) {
        Collections.sort(side.rates);
        double rate = (side.rates.get(ROUNDS / 2 - 1) + side.rates.get(ROUNDS / 2)) / 2;
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("pushes per s", rate);
        figures.put("server CPU µs per push", side.cpuSeconds * 1e6 / count / ROUNDS);
        figures.put("not answered success", (double) side.bad);
        if (side.name.equals("on")) {
          figures.put("times that without", rate / without);
          figures.put("times that metrics were read", (double) collector.scrapes());
          figures.put("requests with traces", (double) collector.exports());
        }
        figures.put("load average of the machine", Costs.loadAverage());
        without = rate;
        stage
            .listener()
            .result(
                new Result(
                    "telemetry",
                    side.server.name(),
                    Map.of("telemetry", side.name),
                    figures,
                    Map.of()));
      }
    }
  }

  private static void go(Stage stage, Side side, int count) throws InterruptedException {
    List<byte[]> requests = Push.make(side.number, count, side.server.port());
    side.number += count;
    PushLoad load = new PushLoad(stage.generator(), side.server.port(), requests, "success");
    stage.generator().run(() -> load.connect(CONNECTIONS));
    boolean unused =
        stage.generator().await(Duration.ofSeconds(10), () -> load.open() == CONNECTIONS);
    double cpu = side.server.process().cpuSeconds();
    long from = System.nanoTime();
    stage.generator().run(() -> load.start(count, 0));
    if (!stage.generator().await(Duration.ofSeconds(120), load::isDone)) {
      throw new IllegalStateException("not all were answered; " + load.firstBad());
    }
    side.rates.add(count / ((System.nanoTime() - from) / 1e9));
    side.cpuSeconds += side.server.process().cpuSeconds() - cpu;
    side.bad += load.bad();
    stage.generator().run(load::end);
  }
}
