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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Twenty clients under a steady stream that each lose their connection for two seconds every
 * thirty, for five minutes. All must come; what comes twice is at most what had not been
 * acknowledged.
 *
 * <pre>bin/bench drops</pre>
 */
public final class Drops implements Scenario {
  private static final int CLIENTS = 20;
  private static final int PER_SECOND = 50;
  private static final int WINDOW = 256;
  private static final Duration AWAY = Duration.ofSeconds(2);

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (HongyanServer server = HongyanServer.start(stage.setup())) {
      measure(stage, server);
    }
  }

  private static void measure(Stage stage, HongyanServer server)
      throws InterruptedException, IOException {
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    Crowd crowd = new Crowd(stage.generator(), seen, target, "r", CLIENTS, Receiver.Kind.DURABLE);
    Publisher publisher = new Publisher(stage.generator(), seen, target, 256);
    crowd.connectAll(Duration.ofSeconds(30));
    crowd.expect(0);
    stage.generator().run(publisher::connect);
    boolean unused = stage.generator().await(Duration.ofSeconds(10), publisher::isOpen);
    int seconds = stage.seconds(300, 20);
    int every = stage.seconds(30, 6);
    stage.listener().progress(CLIENTS + " clients for " + seconds + " s");
    long[] drops = new long[1];
    stage
        .generator()
        .run(
            () -> {
              publisher.start(PER_SECOND);
              for (int i = 0; i < CLIENTS; i++) {
                Receiver receiver = crowd.receivers().get(i);
                long first = 1000L * every * i / CLIENTS;
                for (long at = first; at < 1000L * seconds; at += 1000L * every) {
                  drops[0]++;
                  later(stage, at, receiver::cut);
                  later(stage, at + AWAY.toMillis(), receiver::connect);
                }
              }
            });
    Costs costs = Costs.from(server);
    stage.generator().pause(Duration.ofSeconds(seconds + AWAY.toSeconds() + 1));
    Map<String, Double> used = new LinkedHashMap<>();
    costs.into(used, "delivery", stage.generator().call(seen::delivered));
    stage.generator().run(publisher::stop);
    long behind = crowd.awaitConfirmed(publisher, Duration.ofSeconds(60));
    double expected = (publisher.newestConfirmed() + 1.0) * CLIENTS;
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("drops", (double) drops[0]);
    figures.put("messages to deliver", expected);
    figures.put("delivered %", 100 * (1 - (behind + seen.missing()) / expected));
    figures.put("missing", (double) (behind + seen.missing()));
    figures.put("twice", (double) seen.duplicates());
    figures.put("out of order", (double) seen.outOfOrder());
    figures.put("twice at most (window x drops)", (double) WINDOW * drops[0]);
    figures.putAll(used);
    stage
        .listener()
        .result(
            new Result(
                "drops",
                server.name(),
                Map.of("s", seconds),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage
        .generator()
        .run(
            () -> {
              publisher.end();
              crowd.end();
            });
  }

  private static void later(Stage stage, long millis, Runnable what) {
    var unused = stage.generator().loop().schedule(what, millis, TimeUnit.MILLISECONDS);
  }
}
