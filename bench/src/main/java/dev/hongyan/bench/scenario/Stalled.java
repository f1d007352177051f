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

/**
 * A log of 1 GB and one reader that begins at its first message and does not read its socket: what
 * that costs the server's heap, and whether a hundred others under a steady stream notice. Before,
 * one reader walks the whole log, so that what is kept of it for all is kept already.
 *
 * <pre>bin/bench stalled</pre>
 */
public final class Stalled implements Scenario {
  private static final int BYTES = 32 * 1024;
  private static final int OTHERS = 100;
  private static final double PER_SECOND = 20;

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
    long messages = (stage.quick() ? 32L << 20 : 1L << 30) / BYTES;
    Seen seen = new Seen();
    Receiver.Target target = stage.target(server);
    Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
    stage.generator().run(publisher::connect);
    boolean unused = stage.generator().await(Duration.ofSeconds(10), publisher::isOpen);
    stage.listener().progress("filling the log with " + messages + " x " + BYTES + " B");
    stage.generator().run(() -> publisher.fill(messages, 64));
    if (!stage
        .generator()
        .await(
            Duration.ofSeconds(300),
            () -> publisher.sent() == messages && publisher.isAllConfirmed())) {
      throw new IllegalStateException("filled only " + publisher.sent() + "; " + seen.errors());
    }
    stage.generator().run(publisher::stop);

    stage.listener().progress("one walks it");
    Crowd walker = new Crowd(stage.generator(), seen, target, "w", 1, Receiver.Kind.DURABLE);
    walker.receivers().get(0).startAt("first");
    long walkFrom = System.nanoTime();
    walker.connectAll(Duration.ofSeconds(300));
    long left = walker.awaitAll(messages - 1, Duration.ofSeconds(300));
    double walkSeconds = (System.nanoTime() - walkFrom) / 1e9;
    stage.generator().run(walker::end);

    Crowd others = new Crowd(stage.generator(), seen, target, "o", OTHERS, Receiver.Kind.DURABLE);
    others.connectAll(Duration.ofSeconds(30));
    others.expect(messages);
    Publisher stream = new Publisher(stage.generator(), seen, target, 256);
    stage.generator().run(() -> stream.goOnAt(messages));
    stage.generator().run(stream::connect);
    unused = stage.generator().await(Duration.ofSeconds(10), stream::isOpen);
    stage.generator().run(() -> stream.start(PER_SECOND));
    stage.generator().pause(Duration.ofSeconds(stage.seconds(15, 3)));

    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("backlog MB", messages * (double) BYTES / 1e6);
    figures.put("left by the walker", (double) left);
    figures.put("walk MB per s", messages * (double) BYTES / 1e6 / walkSeconds);
    window(stage, seen, figures, "others without");
    double before = server.jvm().liveBytes();
    double rssBefore = server.process().rssBytes();
    Crowd stalled = new Crowd(stage.generator(), seen, target, "s", 1, kind);
    Receiver reader = stalled.receivers().get(0);
    stage
        .generator()
        .run(
            () -> {
              reader.startAt("first");
              reader.stallOnceAttached();
              reader.connect();
            });
    if (!stage.generator().await(Duration.ofSeconds(10), reader::isStalled)) {
      throw new IllegalStateException("the stalled one did not attach; " + seen.errors());
    }
    stage.generator().pause(Duration.ofSeconds(5));
    window(stage, seen, figures, "others with");
    figures.put("heap for the stalled one KiB", (server.jvm().liveBytes() - before) / 1024);
    figures.put("RSS growth MiB", (server.process().rssBytes() - rssBefore) / 1024 / 1024);
    long newest =
        stage
            .generator()
            .call(
                () -> {
                  stream.stop();
                  return stream.sent() - 1;
                });
    figures.put(
        "missing at the others",
        (double) (others.awaitAll(newest, Duration.ofSeconds(30)) + seen.missing()));
    stage
        .listener()
        .result(
            new Result(
                "stalled",
                server.name(),
                Map.of("kind", kind.name().toLowerCase(Locale.ROOT)),
                figures,
                stage.generator().call(() -> Map.copyOf(seen.errors()))));
    stage
        .generator()
        .run(
            () -> {
              publisher.end();
              stream.end();
              others.end();
              stalled.end();
            });
  }

  private static void window(Stage stage, Seen seen, Map<String, Double> figures, String who)
      throws InterruptedException {
    stage.generator().run(() -> seen.windowFrom(stage.generator().now()));
    stage.generator().pause(Duration.ofSeconds(stage.seconds(20, 4)));
    Costs.quantiles(figures, who, stage.generator().call(seen::windowEnd));
  }
}
