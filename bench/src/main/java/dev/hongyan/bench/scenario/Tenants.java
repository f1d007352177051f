package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Crowd;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.TenantFiles;
import dev.hongyan.bench.report.Result;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One busy tenant on a node with 10 tenants, and on one with 10,000, each with ten routes: messages
 * a second, published as fast as they are confirmed and taken by a subscriber; and how long it
 * takes under load until a tenant that is added by the API takes its first message.
 *
 * <pre>bin/bench tenants</pre>
 */
public final class Tenants implements Scenario {
  private static final int FEW = 10;
  private static final int MANY = 10_000;
  private static final int ROUNDS = 3;
  private static final int BYTES = 256;
  private static final int WINDOW = 256;
  private static final int ADDED = 50;
  private static final double BESIDE_PER_SECOND = 1_000;
  private static final String API = "/api/v1/tenants/";

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    double few = measure(stage, FEW, 0);
    double unused = measure(stage, stage.quick() ? MANY / 20 : MANY, few);
  }

  private static double measure(Stage stage, int tenants, double before)
      throws InterruptedException, IOException {
    stage.listener().progress("a node with " + tenants + " tenants");
    Path folder = TenantFiles.write(stage.setup(), tenants);
    long from = System.nanoTime();
    try (HongyanServer server =
        HongyanServer.start(stage.setup(), Map.of("HONGYAN_TENANTS_DIR", folder.toString()))) {
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("start with an empty store s", (System.nanoTime() - from) / 1e9);
      for (int i = 0; i < TenantFiles.ROUTES; i++) {
        server.post(
            API + HongyanServer.TENANT + "/routes",
            new JsonObject()
                .put("id", "r" + i)
                .put("match", "wx.mp.event.SCAN.promo_" + i)
                .put("to", new JsonObject().put("subscription", "s" + i)));
      }
      Seen seen = new Seen();
      Receiver.Target target = new Receiver.Target(server.port(), server.token(), "app.bench");
      Crowd crowd = new Crowd(stage.generator(), seen, target, "r", 1, Receiver.Kind.DURABLE);
      crowd.connectAll(Duration.ofSeconds(30));
      crowd.expect(0);
      Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
      stage.generator().run(publisher::connect);
      if (!stage.generator().await(Duration.ofSeconds(10), publisher::isOpen)) {
        throw new IllegalStateException("the publisher did not come in");
      }
      int count = stage.seconds(100_000, 2_000);
      double unusedWarmUp = fill(stage, publisher, crowd, count);
      List<Double> rates = new ArrayList<>();
      double cpu = server.process().cpuSeconds();
      for (int round = 0; round < ROUNDS; round++) {
        rates.add(fill(stage, publisher, crowd, count));
      }
      cpu = server.process().cpuSeconds() - cpu;
      Collections.sort(rates);
      double rate = rates.get(ROUNDS / 2);
      figures.put("messages per s of the busy tenant", rate);
      figures.put("server CPU µs per message", cpu * 1e6 / count / ROUNDS);
      if (before > 0) {
        figures.put("times that of a node with " + FEW + " tenants", rate / before);
      }
      stage.generator().run(() -> publisher.start(BESIDE_PER_SECOND));
      Histogram live = added(stage, server, stage.seconds(ADDED, 5));
      stage.generator().run(publisher::stop);
      Costs.quantiles(figures, "added under load until its first message is taken,", live);
      figures.put("missing", (double) seen.missing());
      figures.put("live heap MiB", server.jvm().liveBytes() / (double) (1 << 20));
      figures.put("load average of the machine", Costs.loadAverage());
      stage
          .listener()
          .result(
              new Result(
                  "tenants",
                  server.name(),
                  Map.of("tenants", tenants),
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
      stage
          .generator()
          .run(
              () -> {
                publisher.end();
                crowd.end();
              });
      return rate;
    }
  }

  /** Gives messages per second, until the subscriber has the last one. */
  private static double fill(Stage stage, Publisher publisher, Crowd crowd, int count)
      throws InterruptedException {
    long from = System.nanoTime();
    long until = stage.generator().call(publisher::sent) + count;
    stage.generator().run(() -> publisher.fill(count, WINDOW));
    boolean done =
        stage
            .generator()
            .await(
                Duration.ofSeconds(90),
                () -> publisher.sent() == until && publisher.isAllConfirmed());
    long behind = crowd.awaitAll(until - 1, Duration.ofSeconds(30));
    stage.generator().run(publisher::stop);
    if (!done || behind > 0) {
      throw new IllegalStateException("not all came: " + behind + " are missing");
    }
    return count / ((System.nanoTime() - from) / 1e9);
  }

  /** From before the request that adds a tenant until a message of it is in its log. */
  private static Histogram added(Stage stage, HongyanServer server, int tenants)
      throws InterruptedException {
    Histogram nanos = new Histogram(60_000_000_000L, 3);
    for (int i = 0; i < tenants; i++) {
      String id = "added-" + i;
      long from = System.nanoTime();
      server.post("/api/v1/tenants", new JsonObject().put("id", id).put("name", id));
      server.post(
          API + id + "/messages",
          new JsonObject().put("topic", "app.first").put("data", new JsonObject().put("n", i)));
      nanos.recordValue(System.nanoTime() - from);
      stage.generator().pause(Duration.ofMillis(100));
    }
    return nanos;
  }
}
