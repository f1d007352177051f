package dev.hongyan.deploy.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.simulator.delivery.FlowReport;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.push.PushNumber;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Redis goes and comes back under load: WeChat is answered at once, and what was answered arrives
 * once, in order.
 *
 * <p>An answer after 5 s is none to WeChat, and fails the test. {@code -Dhongyan.away.seconds=60}
 * makes it as long as the promise; then every answer has to come within a second too, for which the
 * machine has to be ours.
 */
class RedisAwayTest {
  private static final int SECONDS = Integer.getInteger("hongyan.away.seconds", 2);
  private static final boolean STRICT = System.getProperty("hongyan.away.seconds") != null;
  private static final int RATE = 500;
  private static final int USERS = 2_000;
  private static final Pattern PORT = Pattern.compile("(redis://.*@127\\.0\\.0\\.1):(\\d+)");

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final VertxTimers timers = new VertxTimers(vertx);
  private final HttpClient http = HttpClient.newHttpClient();
  private final Receiver receiver = new Receiver();
  private Store redis;
  private RedisProxy proxy;
  private Config config;
  private Node node;
  private PushLine line;
  private String token;
  private final Map<String, Long> worst = new TreeMap<>();
  private String phase = "before";
  private int httpPort;

  @BeforeEach
  void start() throws Exception {
    redis = get(Store.open(vertx, StoreOptions.embedded(dir.resolve("redis"))));
    Matcher address = PORT.matcher(redis.embedded().address());
    assertThat(address.matches()).isTrue();
    proxy = new RedisProxy(vertx, Integer.parseInt(address.group(2)));
    get(proxy.open());
    try (ServerSocket socket = new ServerSocket(0)) {
      httpPort = socket.getLocalPort();
    }
    DemoTenants.Demo acme = DemoTenants.write(dir.resolve("tenants")).get(0);
    Map<String, String> environment = new HashMap<>();
    environment.put("HONGYAN_HTTP_PORT", Integer.toString(httpPort));
    environment.put("HONGYAN_HTTP_HOST", "127.0.0.1");
    environment.put("HONGYAN_MANAGEMENT_PORT", "0");
    environment.put("HONGYAN_STORE_DIR", dir.resolve("s").toString());
    environment.put("HONGYAN_STORE_REDIS", address.group(1) + ":" + proxy.port());
    environment.put("HONGYAN_TENANTS_DIR", dir.resolve("tenants").toString());
    environment.put("HONGYAN_OPERATOR_KEY", "operator-key-of-the-spool-test");
    config = Config.read(null, environment);
    node = get(Node.start(config, true));
    token =
        new JsonObject(ask(httpPort, "/demo/session").body())
            .getJsonArray("tenants").stream()
                .map(JsonObject.class::cast)
                .filter(t -> t.getString("id").equals("acme"))
                .findAny()
                .orElseThrow()
                .getString("token");
    get(
        onLoop(
            () ->
                new DemoSubscriber(vertx, timers, httpPort, "acme", () -> token, receiver)
                    .connect()));
    WeChatSimulator wechat =
        new WeChatSimulator(
            vertx,
            Clock.system(),
            timers,
            42,
            DeliveryOptions.wechat()
                .withTries(1)
                .withMarkFail(0, Duration.ZERO)
                .withConnections(512));
    line = wechat.register(acme.account(httpPort));
  }

  @AfterEach
  void stop() throws Exception {
    get(node.stop());
    get(proxy.cut());
    get(redis.close());
    get(vertx.close());
  }

  @Test
  void whileRedisIsGoneEveryPushIsAnsweredAndAllArriveAfterwards() throws Exception {
    FlowReport report =
        flow(
            () -> {
              ProcessHandle.of(redis.embedded().pid()).ifPresent(ProcessHandle::destroyForcibly);
              return proxy.cut();
            },
            proxy::open);
    verify(report, "gone");
  }

  @Test
  void whileRedisHangsEveryPushIsAnsweredAndAllArriveAfterwards() throws Exception {
    FlowReport report =
        flow(
            () -> {
              proxy.silence();
              return Future.succeededFuture();
            },
            () -> {
              proxy.speak();
              return Future.succeededFuture();
            });
    verify(report, "silent");
  }

  @Test
  void whatWasAnsweredByANodeThatLeftWithRedisAwayIsAppendedByTheNext() throws Exception {
    get(proxy.cut());
    Set<Long> accepted = new HashSet<>();
    FlowReport report = run(0, 200, accepted, () -> {});
    assertThat(report.allAccepted()).isTrue();
    get(node.stop());
    get(proxy.open());
    node = get(Node.start(config, true));
    receiver.await(accepted);
    assertThat(receiver.outOfOrder()).isEmpty();
    assertThat(metric("hongyan_spool_drained_total{outcome=\"new\"}")).isEqualTo(200);
  }

  /** A second with Redis, then without, then with it again. */
  private FlowReport flow(Supplier<Future<Void>> away, Supplier<Future<Void>> back)
      throws Exception {
    Set<Long> accepted = new HashSet<>();
    assertThat(
            get(line.run(
                    new FlowOptions(0, 4 * RATE, 16, true), line.traffic(USERS, Set.of()), r -> {}))
                .allAccepted())
        .as("a warm start")
        .isTrue();
    CompletableFuture<Void> whileAway = new CompletableFuture<>();
    int[] answered = {0};
    FlowReport report =
        run(
            RATE,
            (long) RATE * (SECONDS + 2),
            accepted,
            () -> {
              answered[0]++;
              if (answered[0] == RATE) {
                phase = "away";
                away.get().onFailure(whileAway::completeExceptionally);
              } else if (answered[0] == RATE * 2) {
                // On another thread: what the node says of itself meanwhile.
                var unused =
                    CompletableFuture.runAsync(this::assertDegraded)
                        .whenComplete(
                            (done, failed) -> {
                              if (failed == null) {
                                whileAway.complete(null);
                              } else {
                                whileAway.completeExceptionally(failed);
                              }
                            });
              } else if (answered[0] == RATE * (SECONDS + 1)) {
                phase = "back";
                back.get().onFailure(whileAway::completeExceptionally);
              }
            });
    whileAway.get(20, TimeUnit.SECONDS);
    assertThat(report.allAccepted()).as("%s", report).isTrue();
    assertThat(accepted).hasSize(RATE * (SECONDS + 2));
    receiver.await(accepted);
    return report;
  }

  private FlowReport run(double rate, long count, Set<Long> accepted, Runnable onAnswer)
      throws Exception {
    return get(
        line.run(
            new FlowOptions(rate, count, 1_024, true),
            line.traffic(USERS, Set.of()),
            result -> {
              if (result.answered().accepted()) {
                accepted.add(result.push().number());
              }
              onAnswer.run();
              worst.merge(phase, result.millis(), Math::max);
            }));
  }

  private void verify(FlowReport report, String what) throws Exception {
    System.out.printf(
        "redis %s for %d s at %d/s: %d pushes, answered p50 %d ms, p99 %d ms, worst %d ms %s,"
            + " spooled %.0f, repeated deliveries %d%n",
        what,
        SECONDS,
        RATE,
        report.total(),
        report.p50Millis(),
        report.p99Millis(),
        report.worstMillis(),
        worst,
        metric("hongyan_spool_appended_total"),
        receiver.repeats());
    if (STRICT) {
      assertThat(report.worstMillis()).isLessThan(1_000);
    }
    assertThat(receiver.outOfOrder()).as("first deliveries out of order per openid").isEmpty();
    assertThat(receiver.manyIds()).as("one push is one message").isEmpty();
    assertThat(metric("hongyan_spool_appended_total")).isGreaterThan(100);
    assertThat(metric("hongyan_spool_messages")).isZero();
    assertThat(metric("hongyan_spool_refused_total")).isZero();
    JsonObject health = new JsonObject(ask(node.managementPort(), "/healthz").body());
    assertThat(health.getString("status")).isEqualTo("up");
  }

  private void assertDegraded() {
    assertThat(ask(node.managementPort(), "/readyz").statusCode()).isEqualTo(200);
    JsonObject health = new JsonObject(ask(node.managementPort(), "/healthz").body());
    assertThat(health.getString("status")).as("%s", health).isEqualTo("degraded");
    JsonObject spool = health.getJsonObject("components").getJsonObject("spool");
    assertThat(spool.getString("status")).as("%s", health).isEqualTo("degraded");
  }

  private double metric(String name) {
    return ask(node.managementPort(), "/metrics")
        .body()
        .lines()
        .filter(l -> l.startsWith(name + " "))
        .mapToDouble(l -> Double.parseDouble(l.substring(name.length() + 1)))
        .sum();
  }

  private HttpResponse<String> ask(int port, String path) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(Duration.ofSeconds(10))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What arrives, on the event loop; asked from the test's thread. */
  private static final class Receiver implements DemoSubscriber.Listener {
    private final Map<Long, Set<String>> idsByNumber = new HashMap<>();
    private final Map<String, Long> lastOfUser = new HashMap<>();
    private final Set<Long> outOfOrder = new HashSet<>();
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private Set<Long> wanted = Set.of();
    private int repeats;
    private int missing = -1;

    @Override
    public void subscribed(String tenant, String verdict, String cursor, String head) {}

    @Override
    public synchronized void message(String tenant, String cursor, JsonObject event) {
      long number = PushNumber.find(event.getJsonObject("data")).orElseThrow();
      Set<String> ids = idsByNumber.computeIfAbsent(number, n -> new HashSet<>(2));
      boolean first = ids.isEmpty();
      ids.add(event.getString("id"));
      if (!first) {
        repeats++;
        return;
      }
      if (lastOfUser.merge(event.getString("subject"), number, Math::max) != number) {
        outOfOrder.add(number);
      }
      if (missing > 0 && wanted.contains(number) && --missing == 0) {
        complete.complete(null);
      }
    }

    synchronized int repeats() {
      return repeats;
    }

    synchronized Set<Long> outOfOrder() {
      return Set.copyOf(outOfOrder);
    }

    synchronized Set<Long> manyIds() {
      Set<Long> out = new HashSet<>(idsByNumber.keySet());
      out.removeIf(n -> idsByNumber.get(n).size() == 1);
      return out;
    }

    void await(Set<Long> numbers) throws Exception {
      synchronized (this) {
        wanted = numbers;
        missing = (int) numbers.stream().filter(n -> !idsByNumber.containsKey(n)).count();
        if (missing == 0) {
          return;
        }
      }
      try {
        complete.get(60, TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        synchronized (this) {
          Set<Long> lost = new HashSet<>(numbers);
          lost.removeAll(idsByNumber.keySet());
          assertThat(lost).as("answered but never delivered").isEmpty();
        }
      }
    }
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> task) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(v -> task.get().onComplete(promise));
    return promise.future();
  }

  @CanIgnoreReturnValue
  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(SECONDS + 60L, TimeUnit.SECONDS);
  }
}
