package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Hooks;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A quiet tenant with 10 messages a second, one subscriber and one destination: how long its
 * messages take while nobody else is there, while another tenant floods 100,000 messages of one
 * subject to a subscriber and a destination of its own, and while it does so with a thousand
 * subjects.
 *
 * <pre>bin/bench flood</pre>
 */
public final class Flood implements Scenario {
  private static final int BYTES = 256;
  private static final double PER_SECOND = 10;

  /** Unanswered ones of the flood; as many as a client has under way that keeps its queue short. */
  private static final int UNDER_WAY = 128;

  private static final String QUIET = "quiet";
  private static final String LOUD = HongyanServer.TENANT;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    double[] idle = {0, 0};
    for (int subjects : new int[] {0, 1, 1_000}) {
      try (HongyanServer server = HongyanServer.start(stage.setup());
          Hooks quietHooks = new Hooks(stage.generator(), 0);
          Hooks loudHooks = new Hooks(stage.generator(), 0)) {
        Side quiet = new Side(stage, server, QUIET, server.tenant(QUIET), quietHooks);
        Side loud = new Side(stage, server, LOUD, server.token(), loudHooks);
        quiet.open();
        loud.open();
        stage.generator().run(() -> quiet.publisher.start(PER_SECOND));
        long warm = loud.flood(stage.quick() ? 1_000 : 20_000, 1_000, Duration.ofSeconds(120));
        stage.listener().progress("warm-up, not there by its end: " + warm);
        stage.generator().pause(Duration.ofSeconds(stage.seconds(10, 2)));
        measure(stage, server, quiet, loud, subjects, idle);
        quiet.end();
        loud.end();
      }
    }
  }

  private static void measure(
      Stage stage, HongyanServer server, Side quiet, Side loud, int subjects, double[] idle)
      throws InterruptedException, IOException {
    String what = subjects == 0 ? "none" : subjects == 1 ? "one subject" : subjects + " subjects";
    stage.listener().progress("flood: " + what);
    Map<String, Double> figures = new LinkedHashMap<>();
    Costs costs = Costs.from(server);
    long before = loud.hooks.taken() + quiet.hooks.taken();
    quiet.windowFrom();
    if (subjects == 0) {
      stage.generator().pause(Duration.ofSeconds(stage.seconds(40, 5)));
    } else {
      long messages = stage.quick() ? 5_000 : 100_000;
      long from = System.nanoTime();
      long left = loud.flood(messages, subjects, Duration.ofSeconds(300));
      figures.put("flood at its destination after s", (System.nanoTime() - from) / 1e9);
      figures.put("not there by then", (double) left);
    }
    Histogram hooks = quiet.hooks.windowEnd();
    Histogram socket = stage.generator().call(quiet.seen::windowEnd);
    costs.into(figures, "delivery", loud.hooks.taken() + quiet.hooks.taken() - before);
    Costs.quantiles(figures, "quiet, destination", hooks);
    Costs.quantiles(figures, "quiet, subscriber", socket);
    if (subjects == 0) {
      idle[0] = hooks.getValueAtPercentile(99);
      idle[1] = socket.getValueAtPercentile(99);
    } else {
      figures.put("destination p99, times idle", hooks.getValueAtPercentile(99) / idle[0]);
      figures.put("subscriber p99, times idle", socket.getValueAtPercentile(99) / idle[1]);
    }
    figures.put("samples", (double) hooks.getTotalCount());
    figures.put("load average of the machine", Costs.loadAverage());
    stage
        .listener()
        .result(
            new Result(
                "flood",
                server.name(),
                Map.of("flood", what),
                figures,
                stage.generator().call(() -> Map.copyOf(quiet.seen.errors()))));
  }

  /** A tenant with a publisher, a subscriber and a destination. */
  private static final class Side {
    final Stage stage;
    final Seen seen = new Seen();
    final Hooks hooks;
    final Crowd crowd;
    final Publisher publisher;

    Side(Stage stage, HongyanServer server, String tenant, String token, Hooks hooks) {
      this.stage = stage;
      this.hooks = hooks;
      Receiver.Target target = new Receiver.Target(server.port(), token, "app.bench");
      crowd = new Crowd(stage.generator(), seen, target, tenant, 1, Receiver.Kind.DURABLE);
      publisher = new Publisher(stage.generator(), seen, target, BYTES);
      server.post(
          "/api/v1/tenants/" + tenant + "/destinations", hooks.destination("in", "app.bench"));
    }

    void open() throws InterruptedException {
      crowd.connectAll(Duration.ofSeconds(30));
      stage.generator().run(publisher::connect);
      if (!stage.generator().await(Duration.ofSeconds(10), publisher::isOpen)) {
        throw new IllegalStateException("no connection; " + seen.errors());
      }
    }

    /** Publishes so many and waits until the destination has them; gives how many it has not. */
    long flood(long messages, int subjects, Duration within) throws InterruptedException {
      long wanted = stage.generator().call(publisher::sent) + messages;
      stage
          .generator()
          .run(
              () -> {
                publisher.spread(subjects, 1);
                publisher.fill(messages, UNDER_WAY);
              });
      boolean unused = stage.generator().await(within, () -> hooks.taken() >= wanted);
      stage.generator().run(publisher::stop);
      return Math.max(0, wanted - hooks.taken());
    }

    void windowFrom() throws InterruptedException {
      stage.generator().run(() -> seen.windowFrom(stage.generator().now()));
      hooks.windowFrom(stage.generator().now());
    }

    void end() throws InterruptedException {
      stage
          .generator()
          .run(
              () -> {
                publisher.end();
                crowd.end();
              });
    }
  }
}
