package dev.hongyan.deploy.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.Fault;
import dev.hongyan.simulator.api.SentMessage;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sends of a whole node, against a WeChat that takes them and pushes their results back. */
class SendsTest {
  private static final String KEY = "operator-key-of-the-tests-of-sends";
  private static final String TEMPLATE = "/cgi-bin/message/template/send";
  private static final String CUSTOM = "/cgi-bin/message/custom/send";
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @TempDir static Path dir;
  private static Vertx vertx;
  private static WeChatSimulator wechat;
  private static SimulatedApi api;
  private static Node node;

  /** A tenant with one account of its own, so that no test meets another's. */
  private record Shop(String tenant, String appId, ApiAccount account) {}

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    wechat =
        new WeChatSimulator(
            vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
    api = await(wechat.serveApi(ApiOptions.local()));
    node =
        await(
            Node.start(
                Config.read(
                    null,
                    Map.of(
                        "HONGYAN_OPERATOR_KEY",
                        KEY,
                        "HONGYAN_HTTP_HOST",
                        "127.0.0.1",
                        "HONGYAN_HTTP_PORT",
                        "0",
                        "HONGYAN_MANAGEMENT_PORT",
                        "0",
                        "HONGYAN_WECHAT_APIHOSTS",
                        api.url().toString(),
                        "HONGYAN_STORE_DIR",
                        dir.resolve("s").toString()))));
  }

  @AfterAll
  static void stop() throws Exception {
    await(node.stop());
    await(wechat.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static HttpResponse<String> call(String method, String path, JsonObject body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + node.platform().httpPort() + "/api/v1/tenants" + path))
            .header("Authorization", "Bearer " + KEY);
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return HTTP.send(
        request
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body.encode()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonObject ok(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return new JsonObject(answer.body());
  }

  private static Shop shop() throws Exception {
    int number = NUMBERS.incrementAndGet();
    String tenant = "t-" + number;
    String appId = "wx%016x".formatted(number);
    var unused = ok(call("POST", "", new JsonObject().put("id", tenant)));
    unused =
        ok(
            call(
                "POST",
                "/" + tenant + "/accounts",
                new JsonObject()
                    .put("id", "shop")
                    .put("kind", "mp")
                    .put("appId", appId)
                    .put("secret", "secret-of-" + number)
                    .put("token", "token")
                    .put("mode", "plain")));
    var line =
        wechat.register(
            SimulatedAccount.builder(
                    Product.MP,
                    appId,
                    "token",
                    URI.create(
                        "http://127.0.0.1:"
                            + node.platform().httpPort()
                            + "/wx/"
                            + tenant
                            + "/shop"))
                .secret("secret-of-" + number)
                .mode(SecurityMode.PLAIN)
                .build());
    assertThat(line).isNotNull();
    Shop shop = new Shop(tenant, appId, api.account(appId));
    shop.account.follows("o-ada");
    shop.account.follows("o-bob");
    return shop;
  }

  private static JsonObject template(String to) {
    return new JsonObject()
        .put("kind", "template")
        .put("account", "shop")
        .put("to", to)
        .put(
            "payload",
            new JsonObject()
                .put("template_id", "TM1")
                .put(
                    "data", new JsonObject().put("first", new JsonObject().put("value", "你好 🎉"))));
  }

  private static JsonObject custom(String to) {
    return new JsonObject()
        .put("kind", "custom")
        .put("account", "shop")
        .put("to", to)
        .put(
            "payload",
            new JsonObject()
                .put("msgtype", "text")
                .put("text", new JsonObject().put("content", "在")));
  }

  private static JsonObject taken(Shop shop, JsonObject body) throws Exception {
    HttpResponse<String> answer = call("POST", "/" + shop.tenant + "/sends", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return new JsonObject(answer.body());
  }

  private static String send(Shop shop, JsonObject body) throws Exception {
    return taken(shop, body).getString("id");
  }

  /** Asks until it is so; the last answer. */
  private static JsonObject until(Shop shop, String id, Predicate<JsonObject> so) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      JsonObject now = ok(call("GET", "/" + shop.tenant + "/sends/" + id, null));
      if (so.test(now)) {
        return now;
      }
      assertThat(System.nanoTime()).as("%s", now).isLessThan(end);
    }
  }

  private static Predicate<JsonObject> state(String state) {
    return send -> send.getString("state").equals(state);
  }

  /** Sent, and its notes, which follow within a tenth of a second, are there. */
  private static boolean isSent(JsonObject send) {
    return send.getString("state").equals("sent")
        && send.getJsonArray("attempts").stream()
            .anyMatch(a -> ((JsonObject) a).getString("outcome").equals("delivered"));
  }

  private static JsonObject attempt(JsonObject send, int index) {
    return send.getJsonArray("attempts").getJsonObject(index);
  }

  @Test
  void aTemplateMessageArrivesOnceAndItsResultIsLinked() throws Exception {
    Shop shop = shop();
    String id = send(shop, template("o-ada"));
    JsonObject send = until(shop, id, s -> s.containsKey("result"));
    assertThat(send.getString("state")).isEqualTo("sent");
    assertThat(send.getJsonObject("result").getString("status")).isEqualTo("success");
    List<SentMessage> sent = shop.account.sent();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).openid()).isEqualTo("o-ada");
    assertThat(send.getString("msgid")).isEqualTo(Long.toString(sent.get(0).msgId()));
    assertThat(sent.get(0).body().getString("client_msg_id")).isEqualTo(id);
    assertThat(sent.get(0).body().getJsonObject("data").getJsonObject("first").getString("value"))
        .isEqualTo("你好 🎉");
    assertThat(send.getJsonArray("attempts")).hasSize(1);
  }

  @Test
  void aUserWhoBlocksMakesItFail() throws Exception {
    Shop shop = shop();
    shop.account.blocks("o-ada", true);
    JsonObject send = until(shop, send(shop, template("o-ada")), state("failed"));
    assertThat(send.getJsonObject("result").getString("status")).isEqualTo("failed:user block");
  }

  @Test
  void aDelayedSendWaitsForItsTime() throws Exception {
    Shop shop = shop();
    long asked = System.currentTimeMillis();
    JsonObject taken = taken(shop, template("o-ada").put("delayMs", 1_500));
    assertThat(taken.getString("dueAt")).isNotNull();
    JsonObject first = ok(call("GET", "/" + shop.tenant + "/sends/" + taken.getString("id"), null));
    assertThat(first.getString("dueAt")).isEqualTo(taken.getString("dueAt"));
    var unused = until(shop, taken.getString("id"), state("sent"));
    assertThat(shop.account.sent()).hasSize(1);
    assertThat(shop.account.sent().get(0).atMillis()).isGreaterThanOrEqualTo(asked + 1_500);
  }

  @Test
  void aBusyWeChatIsAskedAgain() throws Exception {
    Shop shop = shop();
    long fault = api.faults().add(Fault.errcode(TEMPLATE, -1).onlyFor(shop.appId).times(1));
    JsonObject send = until(shop, send(shop, template("o-ada")), SendsTest::isSent);
    assertThat(api.faults().hits(fault)).isEqualTo(1);
    assertThat(send.getJsonArray("attempts")).hasSize(2);
    assertThat(attempt(send, 0).getString("outcome")).isEqualTo("retry");
    assertThat(attempt(send, 0).getString("error")).startsWith("errcode -1: ");
    assertThat(shop.account.sent()).hasSize(1);
  }

  @Test
  void whatWeChatRefusesIsDeadAtOnceAndHoldsNobodyUp() throws Exception {
    Shop shop = shop();
    shop.account.wrote("o-bob");
    JsonObject dead = until(shop, send(shop, custom("o-ada")), state("dead"));
    assertThat(dead.getJsonArray("attempts")).hasSize(1);
    JsonObject letters = ok(call("GET", "/" + shop.tenant + "/dead-letters", null));
    JsonObject letter = letters.getJsonArray("items").getJsonObject(0);
    assertThat(letter.getString("consumer")).isEqualTo("sends");
    assertThat(letter.getString("reason")).isEqualTo("refused");
    assertThat(letter.getString("lastError")).startsWith("errcode 45015: ");
    assertThat(letter.getString("messageId")).isEqualTo(dead.getString("id"));
    JsonObject sent = until(shop, send(shop, custom("o-bob")), state("sent"));
    assertThat(sent.containsKey("msgid")).isFalse();
    assertThat(api.calls().of(CUSTOM, shop.appId)).isEqualTo(2);
  }

  @Test
  void aVoidTokenIsReplacedWithinTheAttempt() throws Exception {
    Shop shop = shop();
    var unused = until(shop, send(shop, template("o-ada")), state("sent"));
    shop.account.voidTokens();
    JsonObject send = until(shop, send(shop, template("o-bob")), SendsTest::isSent);
    assertThat(send.getJsonArray("attempts")).hasSize(1);
    assertThat(shop.account.sent()).hasSize(2);
    // The call with the void token counts as nobody's.
    assertThat(api.calls().of(TEMPLATE, shop.appId)).isEqualTo(2);
    assertThat(api.calls().answered(40001)).isEqualTo(1);
  }

  @Test
  void aUsedUpQuotaHoldsTheNextOnesBackWithoutACall() throws Exception {
    Shop shop = shop();
    api.faults().add(Fault.errcode(TEMPLATE, 45009).onlyFor(shop.appId));
    String first = send(shop, template("o-ada"));
    JsonObject held = until(shop, first, s -> !s.getJsonArray("attempts").isEmpty());
    assertThat(held.getString("state")).isEqualTo("pending");
    assertThat(attempt(held, 0).getString("error")).startsWith("errcode 45009: ");
    String second = send(shop, template("o-bob").put("ttlMs", 1_000));
    JsonObject expired = until(shop, second, state("expired"));
    assertThat(expired.getString("msgid")).isNull();
    assertThat(api.calls().of(TEMPLATE, shop.appId)).isEqualTo(1);
  }

  @Test
  void aRepeatedRequestSendsOnce() throws Exception {
    Shop shop = shop();
    JsonObject now = template("o-ada").put("idempotencyKey", "order-1");
    JsonObject later = template("o-bob").put("idempotencyKey", "order-2").put("delayMs", 300);
    for (JsonObject order : List.of(now, later)) {
      JsonObject first = taken(shop, order);
      JsonObject again = taken(shop, order);
      assertThat(again.getBoolean("duplicate")).isTrue();
      assertThat(again.getString("id")).isEqualTo(first.getString("id"));
      var unused = until(shop, first.getString("id"), state("sent"));
    }
    // A third one that comes last shows that no repeat is still on its way.
    var unused = until(shop, send(shop, template("o-bob")), state("sent"));
    assertThat(shop.account.sent()).hasSize(3);
  }
}
