package dev.hongyan.deploy.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.Fault;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One token for two processes on one Redis, as WeChat sees it. */
class TwoNodesTest {
  private static final String KEY = "operator-key-of-the-tests-of-two-nodes";
  private static final String MASTER = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  private static final String TOKEN_CALL = "/cgi-bin/stable_token";
  private static final String INFO = "/cgi-bin/user/info";
  private static final int AT_ONCE = 1_000;
  private static final int WORKERS = 16;
  private static final int ANSWERS = 200;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @TempDir static Path dir;
  private static Vertx vertx;
  private static WeChatSimulator wechat;
  private static SimulatedApi api;
  private static Store redis;
  private static String tenantKey;
  private static final List<ServingNode> nodes = new ArrayList<>();

  /** An account that nobody has called for yet. */
  private record Shop(String id, String appId, ApiAccount account) {
    String path(String api) {
      return "/wxapi/acme/" + id + api;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    wechat =
        new WeChatSimulator(
            vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
    api = await(wechat.serveApi(ApiOptions.local()));
    redis = await(Store.open(vertx, StoreOptions.embedded(dir.resolve("redis"))));
    nodes.add(node("first"));
    admin(0, "/tenants", new JsonObject().put("id", "acme"));
    tenantKey =
        admin(0, "/tenants/acme/keys", new JsonObject().put("role", "admin")).getString("secret");
    nodes.add(node("second"));
    // Both have compiled what a call needs, so that a cold start is nobody's timeout later.
    Shop warm = shop();
    for (int i = 0; i < 100; i++) {
      JsonObject unused = json(call(i, warm.path(INFO + "?openid=o-ada")));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (ServingNode node : nodes) {
      node.close();
    }
    await(redis.close());
    await(wechat.close());
    await(vertx.close());
  }

  private static ServingNode node(String name) throws Exception {
    return new ServingNode(
        Map.of(
            "HONGYAN_OPERATOR_KEY",
            KEY,
            "HONGYAN_MASTER_KEY",
            MASTER,
            "HONGYAN_HTTP_HOST",
            "127.0.0.1",
            "HONGYAN_HTTP_PORT",
            "0",
            "HONGYAN_MANAGEMENT_PORT",
            "0",
            "HONGYAN_WECHAT_APIHOSTS",
            api.url().toString(),
            "HONGYAN_STORE_REDIS",
            redis.embedded().address(),
            "HONGYAN_STORE_DIR",
            dir.resolve(name).toString()));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static URI uri(int node, String path) {
    return URI.create("http://127.0.0.1:" + nodes.get(node % nodes.size()).port() + path);
  }

  private static JsonObject admin(int node, String path, JsonObject body) throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(uri(node, "/api/v1" + path))
                .header("Authorization", "Bearer " + KEY)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return new JsonObject(answer.body());
  }

  /** Returns when both nodes know it. */
  private static Shop shop() throws Exception {
    int number = NUMBERS.incrementAndGet();
    String id = "shop-" + number;
    String appId = "wx%016x".formatted(number);
    JsonObject unused =
        admin(
            0,
            "/tenants/acme/accounts",
            new JsonObject()
                .put("id", id)
                .put("kind", "mp")
                .put("appId", appId)
                .put("secret", "secret-of-" + number)
                .put("token", "token")
                .put("mode", "plain"));
    var line =
        wechat.register(
            SimulatedAccount.builder(Product.MP, appId, "token", uri(0, "/wx/acme/" + id))
                .secret("secret-of-" + number)
                .mode(SecurityMode.PLAIN)
                .build());
    assertThat(line).isNotNull();
    Shop shop = new Shop(id, appId, api.account(appId));
    shop.account.follows("o-ada");
    for (int node = 0; node < nodes.size(); node++) {
      untilKnown(node, shop);
    }
    return shop;
  }

  /** A call that is refused before any token is needed tells whether the account is there. */
  private static void untilKnown(int node, Shop shop) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      String said = json(call(node, shop.path("/cgi-bin/clear_quota/v2"))).getString("errmsg");
      if (said.contains("send it to WeChat")) {
        return;
      }
      assertThat(System.nanoTime()).as("node %s knows the account", node).isLessThan(end);
    }
  }

  private static CompletableFuture<HttpResponse<String>> asked(int node, String path) {
    return HTTP.sendAsync(
        HttpRequest.newBuilder(uri(node, path))
            .header("Authorization", "Bearer " + tenantKey)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> call(int node, String path) throws Exception {
    return asked(node, path).get(60, TimeUnit.SECONDS);
  }

  private static JsonObject json(HttpResponse<String> answer) {
    return new JsonObject(answer.body());
  }

  @Test
  void aThousandCallsOnAColdCacheAskWeChatForOneToken() throws Exception {
    Shop shop = shop();
    // The answer is late enough for all calls to meet at it.
    long late =
        api.faults().add(Fault.delay(TOKEN_CALL, Duration.ofMillis(500)).onlyFor(shop.appId()));
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      String path = isProxied(i) ? INFO + "?openid=o-ada" : "/cgi-bin/token?secret=" + tenantKey;
      calls.add(asked(i, shop.path(path)));
    }
    for (int i = 0; i < AT_ONCE; i++) {
      JsonObject answer = json(calls.get(i).get(60, TimeUnit.SECONDS));
      assertThat(answer.getString(isProxied(i) ? "openid" : "access_token"))
          .as("%s", answer)
          .isNotNull();
    }
    assertThat(api.calls().of(TOKEN_CALL, shop.appId())).isEqualTo(1);
    assertThat(api.faults().hits(late)).isEqualTo(1);
    assertThat(nodes.get(0).pid()).isNotEqualTo(nodes.get(1).pid());
  }

  @Test
  void aTokenVoidedOutsideUnderLoadIsReplacedOnceAndNoCallFails() throws Exception {
    Shop shop = shop();
    AtomicBoolean stop = new AtomicBoolean();
    List<Semaphore> answered = List.of(new Semaphore(0), new Semaphore(0));
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      workers.add(callOn(shop, i % 2, answered.get(i % 2), stop));
    }
    untilMore(answered, ANSWERS);
    assertThat(api.calls().of(TOKEN_CALL, shop.appId())).isEqualTo(1);
    long refusedBefore = api.calls().answered(40001);
    shop.account.voidTokens();
    // Long enough that a loop of refreshes would show.
    untilMore(answered, 3 * ANSWERS);
    stop.set(true);
    for (CompletableFuture<Void> worker : workers) {
      Void unused = worker.get(60, TimeUnit.SECONDS); // fails with what a caller saw
    }
    assertThat(api.calls().answered(40001)).isGreaterThan(refusedBefore);
    assertThat(api.calls().of(TOKEN_CALL, shop.appId())).isEqualTo(2);
  }

  /** Few enough that opening connections to WeChat is nobody's timeout on a slow machine. */
  private static boolean isProxied(int call) {
    return call % 20 < 2;
  }

  /** One call after the other on one node, until it is enough; fails with the first bad answer. */
  private static CompletableFuture<Void> callOn(
      Shop shop, int node, Semaphore answered, AtomicBoolean stop) {
    return asked(node, shop.path(INFO + "?openid=o-ada"))
        .thenCompose(
            answer -> {
              if (!"o-ada".equals(json(answer).getString("openid"))) {
                return CompletableFuture.failedFuture(new AssertionError(answer.body()));
              }
              answered.release();
              return stop.get()
                  ? CompletableFuture.completedFuture(null)
                  : callOn(shop, node, answered, stop);
            });
  }

  /** Waits for so many good answers of each node from now on. */
  private static void untilMore(List<Semaphore> answered, int count) throws Exception {
    for (Semaphore ofNode : answered) {
      int before = ofNode.drainPermits();
      assertThat(ofNode.tryAcquire(count, 60, TimeUnit.SECONDS))
          .as("%s good answers, after %s", count, before)
          .isTrue();
    }
  }
}
