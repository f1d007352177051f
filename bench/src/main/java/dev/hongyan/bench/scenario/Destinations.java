package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Hooks;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ninety-eight healthy destinations of one tenant, each with 3 messages a second, without and with
 * two more: one whose port nobody listens on and one that takes 10 s for each answer. What that
 * does to the time from publishing until the request is at a healthy one.
 *
 * <pre>bin/bench destinations</pre>
 */
public final class Destinations implements Scenario {
  private static final int HEALTHY = 98;
  private static final int ALL = 100;
  private static final double PER_SECOND = 300;
  private static final int BYTES = 256;
  private static final long SLOW_MILLIS = 10_000;
  private static final String API = "/api/v1/tenants/" + HongyanServer.TENANT + "/destinations";

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (HongyanServer server = HongyanServer.start(stage.setup());
        Hooks healthy = new Hooks(stage.generator(), 0);
        Hooks slow = new Hooks(stage.generator(), SLOW_MILLIS)) {
      for (int i = 0; i < HEALTHY; i++) {
        server.post(API, healthy.destination("d" + i, "app.bench." + i));
      }
      Seen seen = new Seen();
      Receiver.Target target = new Receiver.Target(server.port(), server.token(), "app.bench");
      Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
      stage.generator().run(publisher::connect);
      boolean unused = stage.generator().await(Duration.ofSeconds(10), publisher::isOpen);
      stage
          .generator()
          .run(
              () -> {
                publisher.spread(10_000, ALL); // a subject of its own for nearly every message
                publisher.start(PER_SECOND);
              });
      stage.listener().progress("warm-up");
      stage.generator().pause(Duration.ofSeconds(stage.seconds(30, 3)));
      double without = window(stage, server, healthy, slow, "without", 0);
      server.post(API, Hooks.destination("dead", "app.bench.98", closedPort()));
      server.post(API, slow.destination("slow", "app.bench.99"));
      stage.generator().pause(Duration.ofSeconds(stage.seconds(15, 2)));
      double unusedRatio = window(stage, server, healthy, slow, "with", without);
      stage.generator().run(publisher::end);
    }
  }

  private static double window(
      Stage stage, HongyanServer server, Hooks healthy, Hooks slow, String what, double without)
      throws InterruptedException, IOException {
    stage.listener().progress(what + " the two");
    healthy.windowFrom(stage.generator().now());
    long before = healthy.taken();
    Costs costs = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(stage.seconds(60, 5)));
    Map<String, Double> figures = new LinkedHashMap<>();
    costs.into(figures, "delivery", healthy.taken() - before);
    var latency = healthy.windowEnd();
    Costs.quantiles(figures, "healthy", latency);
    double p99 = latency.getValueAtPercentile(99);
    if (without > 0) {
      figures.put("p99, times that without", p99 / without);
    }
    figures.put("requests at the slow one", (double) slow.taken());
    figures.put("load average of the machine", Costs.loadAverage());
    stage
        .listener()
        .result(
            new Result(
                "destinations", server.name(), Map.of("dead and slow", what), figures, Map.of()));
    return p99;
  }

  /** A port that refuses connections. */
  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
