package dev.hongyan.deploy.demo;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.simulator.delivery.FlowReport;
import dev.hongyan.simulator.delivery.PushLine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One run of the demo. */
public final class DemoRun {
  private static final int USERS = 8;

  /** How long the last messages may take to reach the subscribers at the end. */
  private static final Duration SETTLE = Duration.ofSeconds(3);

  private final Path data;
  private final int port;
  private final Map<String, String> environment;
  private final double rate;
  private final long count;
  private final Vertx vertx = Vertx.vertx();
  private final Timers timers = new VertxTimers(vertx);
  private final DemoScreen screen;
  private final Map<String, String> tokens = new HashMap<>();
  private final AtomicInteger exit = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable DemoNode node;
  private volatile boolean ending;

  /**
   * @param data folder of the store, the tenants and the node's log
   * @param port where the node opens its doors
   * @param environment the node's configuration
   * @param rate pushes a second to each tenant
   * @param count pushes to each tenant
   */
  public DemoRun(
      Path data,
      int port,
      Map<String, String> environment,
      double rate,
      long count,
      PrintStream out,
      boolean colours) {
    this.data = data;
    this.port = port;
    this.environment = environment;
    this.rate = rate;
    this.count = count;
    this.screen = new DemoScreen(out, colours);
  }

  /** Runs until all was pushed or somebody ends it; gives the exit status. Blocking. */
  public int run() throws InterruptedException, IOException {
    Files.createDirectories(data);
    List<DemoTenants.Demo> demos = DemoTenants.write(data.resolve("tenants"));
    DemoNode started =
        new DemoNode(vertx, timers, port, environment, data.resolve("node.log"), this::died);
    node = started;
    Thread hook = new Thread(this::end, "hongyan-demo-end");
    Runtime.getRuntime().addShutdownHook(hook);
    screen.say("starting a node (its log: " + data.resolve("node.log") + ") ...");
    vertx.runOnContext(
        v ->
            started
                .start()
                .compose(pid -> fetchTokens().map(pid))
                .onSuccess(pid -> begin(demos, pid))
                .onFailure(this::fail));
    ended.await();
    if (!ending) {
      Runtime.getRuntime().removeShutdownHook(hook);
      end();
    }
    return exit.get();
  }

  private void begin(List<DemoTenants.Demo> demos, long pid) {
    screen.welcome(port, pid);
    Future<?> subscribed = Future.succeededFuture();
    for (DemoTenants.Demo demo : demos) {
      DemoSubscriber subscriber =
          new DemoSubscriber(
              vertx,
              timers,
              port,
              demo.tenant(),
              () -> tokens.getOrDefault(demo.tenant(), ""),
              screen);
      subscribed = subscribed.compose(before -> subscriber.connect());
    }
    subscribed.compose(all -> push(demos)).onComplete(done -> settle(), this::fail);
  }

  /** WeChat pushes to everybody, from when the subscribers are there. */
  private Future<?> push(List<DemoTenants.Demo> demos) {
    WeChatSimulator wechat =
        new WeChatSimulator(
            vertx,
            Clock.system(),
            timers,
            Clock.system().wallMillis(),
            DeliveryOptions.wechat().withMarkFail(0, Duration.ZERO));
    Future<?> all = Future.succeededFuture();
    for (DemoTenants.Demo demo : demos) {
      PushLine line = wechat.register(demo.account(port));
      Future<FlowReport> flow =
          line.run(
              FlowOptions.of(rate, count),
              line.traffic(USERS, Set.of()),
              result -> screen.pushed(demo.tenant(), result));
      all = all.compose(before -> flow);
    }
    return all;
  }

  private void settle() {
    var unused = timers.after(SETTLE, ended::countDown);
  }

  private Future<Void> fetchTokens() {
    return vertx
        .createHttpClient()
        .request(HttpMethod.GET, port, "127.0.0.1", "/demo/session")
        .compose(request -> request.send())
        .compose(answer -> answer.body())
        .map(
            body -> {
              for (Object tenant : body.toJsonObject().getJsonArray("tenants")) {
                tokens.put(
                    ((JsonObject) tenant).getString("id"),
                    ((JsonObject) tenant).getString("token"));
              }
              return null;
            });
  }

  /** On the event loop: somebody killed the node. */
  private void died(long pid) {
    screen.died(pid);
    DemoNode n = node;
    if (n != null) {
      n.start()
          .compose(again -> fetchTokens().map(again))
          .onSuccess(screen::back)
          .onFailure(this::fail);
    }
  }

  private void fail(Throwable why) {
    if (ending) {
      return;
    }
    screen.say("the demo cannot go on: " + why.getMessage());
    exit.set(1);
    ended.countDown();
  }

  private synchronized void end() {
    ending = true;
    DemoNode n = node;
    node = null;
    if (n != null) {
      int missing = screen.summary();
      if (missing > 0) {
        exit.set(1);
      }
      n.stop();
      try {
        vertx.close().toCompletionStage().toCompletableFuture().get(2, TimeUnit.SECONDS);
      } catch (Exception e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
