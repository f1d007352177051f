package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.tenant.usage.UsageKeeper;
import dev.hongyan.tenant.usage.UsageStore;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuotaRoutesTest {
  static AdminNode node;

  @BeforeAll
  static void start() {
    node = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** A tenant with these quotas. */
  private static String tenant(String quotas) throws Exception {
    String tenant = node.tenant();
    assertThat(put(tenant, OPERATOR, quotas).statusCode()).isEqualTo(200);
    return tenant;
  }

  private static HttpResponse<String> put(String tenant, String key, String quotas)
      throws Exception {
    return node.call("PUT", TENANTS + "/" + tenant + "/quotas", key, new JsonObject(quotas));
  }

  private static HttpResponse<String> publish(String tenant, String key, JsonObject more)
      throws Exception {
    JsonObject body =
        new JsonObject().put("topic", "app.orders").put("data", new JsonObject().put("n", 1));
    return node.call("POST", TENANTS + "/" + tenant + "/messages", key, body.mergeIn(more));
  }

  private static String header(HttpResponse<String> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @Test
  void quotasAreReadBackWithWhatCountsAltogether() throws Exception {
    String tenant =
        tenant(
            "{\"limits\":[{\"api\":\"publish\",\"ratePerSecond\":5,\"burst\":9}],"
                + "\"max\":{\"sessions\":3}}");
    HttpResponse<String> answer =
        node.call("GET", TENANTS + "/" + tenant + "/quotas", node.key(tenant, "guest"), null);
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonObject own =
        new JsonObject()
            .put(
                "limits",
                new JsonArray()
                    .add(
                        new JsonObject()
                            .put("api", "publish")
                            .put("ratePerSecond", 5)
                            .put("burst", 9)))
            .put("max", new JsonObject().put("sessions", 3));
    assertThat(json(answer)).isEqualTo(own.copy().put("effective", own));
  }

  @Test
  void aTenantMayNotGrantItselfMore() throws Exception {
    String tenant = node.tenant();
    assertProblem(put(tenant, node.key(tenant, "admin"), "{\"limits\":[]}"), 403, "forbidden");
  }

  @Test
  void allMistakesAreToldAtOnce() throws Exception {
    JsonObject problem =
        assertProblem(
            put(
                node.tenant(),
                OPERATOR,
                "{\"limits\":[{\"api\":\"nothing\",\"ratePerSecond\":-1}],\"max\":{\"x\":1}}"),
            400,
            "validation");
    assertThat(problem.getJsonArray("errors")).hasSize(3);
  }

  @Test
  void tooManyCallsAreRefusedAndToldWhenToComeBack() throws Exception {
    String tenant = tenant("{\"limits\":[{\"api\":\"admin\",\"ratePerSecond\":0.01,\"burst\":3}]}");
    String key = node.key(tenant, "guest");
    String path = TENANTS + "/" + tenant;
    for (int i = 1; i <= 3; i++) {
      HttpResponse<String> passed = node.call("GET", path, key, null);
      assertThat(passed.statusCode()).isEqualTo(200);
      assertThat(header(passed, "ratelimit-policy")).isEqualTo("\"admin\";q=3;w=300");
      assertThat(header(passed, "ratelimit")).startsWith("\"admin\";r=" + (3 - i) + ";t=");
    }
    HttpResponse<String> refused = node.call("GET", path, key, null);
    assertProblem(refused, 429, "rate-limited");
    assertThat(Long.parseLong(header(refused, "retry-after"))).isBetween(1L, 100L);
    assertThat(header(refused, "ratelimit")).startsWith("\"admin\";r=0;t=");
    assertThat(node.call("GET", path, OPERATOR, null).statusCode()).isEqualTo(200);
  }

  @Test
  void apiAndWebSocketPublishFromOneBudget() throws Exception {
    String tenant =
        tenant("{\"limits\":[{\"api\":\"publish\",\"ratePerSecond\":0.01,\"burst\":3}]}");
    String key = node.key(tenant, "contributor");
    assertThat(publish(tenant, key, new JsonObject()).statusCode()).isEqualTo(202);
    assertThat(publish(tenant, key, new JsonObject()).statusCode()).isEqualTo(202);
    try (WsClient ws = node.gateway().connect(tenant, "pos")) {
      ws.send(message(1));
      ws.expect("published");
      ws.send(message(2));
      JsonObject error = ws.expect("error");
      assertThat(error.getString("code")).isEqualTo("rate-limited");
      assertThat(error.getString("retry")).isEqualTo("later");
      assertThat(error.getLong("serial")).isEqualTo(2);
      assertThat(error.getLong("retryAfterMs")).isBetween(1_000L, 100_000L);
    }
    HttpResponse<String> refused = publish(tenant, key, new JsonObject());
    assertProblem(refused, 429, "rate-limited");
    assertThat(header(refused, "ratelimit-policy")).isEqualTo("\"publish\";q=3;w=300");
  }

  private static JsonObject message(int serial) {
    return new JsonObject()
        .put("op", "publish")
        .put("serial", serial)
        .put("topic", "app.orders")
        .put("data", new JsonObject().put("n", serial));
  }

  @Test
  void bytesAreMeasuredToo() throws Exception {
    String tenant =
        tenant("{\"limits\":[{\"api\":\"publish.bytes\",\"ratePerSecond\":0.01,\"burst\":600}]}");
    String key = node.key(tenant, "contributor");
    assertThat(publish(tenant, key, new JsonObject()).statusCode()).isEqualTo(202);
    JsonObject large = new JsonObject().put("data", new JsonObject().put("text", "x".repeat(400)));
    assertProblem(publish(tenant, key, large), 429, "rate-limited");
  }

  @Test
  void whatIsFullSaysSoAndIsNoMatterOfWaiting() throws Exception {
    String tenant = tenant("{\"max\":{\"destinations\":1,\"pendingTimers\":1}}");
    String key = node.key(tenant, "admin");
    String destinations = TENANTS + "/" + tenant + "/destinations";
    JsonObject one = new JsonObject().put("url", "https://example.com/hook");
    assertThat(node.call("POST", destinations, key, one).statusCode()).isEqualTo(201);
    assertProblem(node.call("POST", destinations, key, one), 403, "quota-exceeded");
    JsonObject later = new JsonObject().put("delayMs", 3_600_000);
    assertThat(publish(tenant, key, later).statusCode()).isEqualTo(202);
    assertProblem(publish(tenant, key, later), 403, "quota-exceeded");
    assertThat(publish(tenant, key, new JsonObject()).statusCode()).isEqualTo(202);
  }

  @Test
  void aFullLogTakesNoMoreFromItsTenant() throws Exception {
    String tenant = tenant("{\"max\":{\"storageMessages\":0}}");
    assertProblem(
        publish(tenant, node.key(tenant, "contributor"), new JsonObject()), 403, "quota-exceeded");
    try (WsClient ws = node.gateway().connect(tenant, "pos")) {
      ws.send(message(1));
      JsonObject error = ws.expect("error");
      assertThat(error.getString("code")).isEqualTo("quota-exceeded");
      assertThat(error.getString("retry")).isEqualTo("never");
    }
  }

  @Test
  void sessionsBeyondThoseThatATenantMayHaveAreSentAway() throws Exception {
    String tenant = tenant("{\"max\":{\"sessions\":1}}");
    try (WsClient first = node.gateway().connect(tenant, "pos")) {
      first.send(new JsonObject().put("op", "beat").put("n", 1));
      first.expect("beat");
      assertThat(handshake(tenant)).isEqualTo(429);
      HttpResponse<String> stream =
          node.call("GET", TENANTS + "/" + tenant + "/stream", node.key(tenant, "reviewer"), null);
      assertProblem(stream, 429, "rate-limited");
      assertThat(header(stream, "retry-after")).isEqualTo("5");
      // Whoever says who it is only in the hello hears it then.
      try (WsClient late = node.gateway().open(null)) {
        late.send(
            new JsonObject()
                .put("op", "hello")
                .put("client", "late")
                .put("token", node.gateway().token(tenant, "late")));
        assertThat(late.closeCode()).isEqualTo(4101);
        assertThat(late.closeReason()).isEqualTo("retryAfterMs=5000");
      }
    }
    // It may take a moment until the node has noticed that the first one is gone.
    GatewayFixture.eventually(() -> !node.gateway().tenants().directory().quotas().isFull(tenant));
    node.gateway().connect(tenant, "pos").close();
  }

  @Test
  void connectionsThatComeTooFastAreSentAway() throws Exception {
    String tenant =
        tenant("{\"limits\":[{\"api\":\"connect\",\"ratePerSecond\":0.01,\"burst\":1}]}");
    try (WsClient first = node.gateway().connect(tenant, "pos")) {
      first.send(new JsonObject().put("op", "beat").put("n", 1));
      first.expect("beat");
      assertThat(handshake(tenant)).isEqualTo(429);
    }
  }

  /** The status with which a WebSocket is refused. */
  private static int handshake(String tenant) {
    int[] status = {0};
    assertThatThrownBy(
            () ->
                HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .subprotocols("hongyan.v1")
                    .header("Authorization", "Bearer " + node.gateway().token(tenant, "u"))
                    .buildAsync(
                        URI.create("ws://127.0.0.1:" + node.gateway().port() + "/ws/v1"),
                        new WebSocket.Listener() {})
                    .join())
        .isInstanceOfSatisfying(
            CompletionException.class,
            e ->
                status[0] =
                    ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode());
    return status[0];
  }

  @Test
  void whatWasUsedIsToldByDay() throws Exception {
    String tenant = tenant("{\"limits\":[{\"api\":\"admin\",\"ratePerSecond\":0.01,\"burst\":2}]}");
    String key = node.key(tenant, "contributor");
    try (WsClient ws = node.gateway().connect(tenant, "pos")) {
      ws.send(
          new JsonObject()
              .put("op", "subscribe")
              .put("sub", "all")
              .put("topics", new JsonArray().add("#"))
              .put("mode", "live"));
      ws.expect("subscribed");
      for (int i = 0; i < 3; i++) {
        assertThat(publish(tenant, key, new JsonObject()).statusCode()).isEqualTo(202);
        ws.expect("deliver");
        ws.expect("msg");
      }
    }
    String path = TENANTS + "/" + tenant;
    for (int i = 0; i < 3; i++) {
      assertThat(node.call("GET", path, key, null).statusCode()).isEqualTo(i < 2 ? 200 : 429);
    }
    var redis = node.gateway().redis();
    UsageKeeper keeper =
        new UsageKeeper(
            node.gateway().metrics().usage(),
            new UsageStore(redis.link()),
            Clock.system(),
            new VertxTimers(redis.vertx()),
            "test-" + tenant);
    RedisFixture.await(keeper.stop());
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    HttpResponse<String> answer =
        node.call("GET", path + "/usage?from=" + today.minusDays(2), OPERATOR, null);
    JsonArray items = json(answer).getJsonArray("items");
    JsonObject sum = new JsonObject();
    for (int i = 0; i < items.size(); i++) { // it may be midnight
      for (String field : new String[] {"publishes", "websocketDeliveries", "refused"}) {
        sum.put(field, sum.getLong(field, 0L) + items.getJsonObject(i).getLong(field));
      }
    }
    assertThat(sum)
        .isEqualTo(
            new JsonObject()
                .put("publishes", 3L)
                .put("websocketDeliveries", 3L)
                .put("refused", 1L));
    JsonObject all = json(node.call("GET", "/api/v1/usage?limit=1", OPERATOR, null));
    assertThat(all.getJsonArray("items")).hasSize(1);
    assertThat(all.getString("next")).isNotEmpty();
    assertProblem(node.call("GET", "/api/v1/usage", key, null), 403, "forbidden");
    assertProblem(
        node.call("GET", path + "/usage?from=yesterday", OPERATOR, null), 400, "validation");
    assertProblem(
        node.call("GET", path + "/usage?from=2026-11-02&to=2026-11-01", OPERATOR, null),
        400,
        "validation");
  }
}
