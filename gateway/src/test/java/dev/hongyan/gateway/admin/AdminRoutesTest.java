package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdminRoutesTest {
  private static AdminNode admin;
  private static GatewayFixture node;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
    node = admin.gateway();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  @Test
  void aTenantLivesFromCreateToDelete() throws Exception {
    String id = fresh();
    HttpResponse<String> made =
        call("POST", TENANTS, OPERATOR, new JsonObject().put("id", id).put("name", "A"));
    assertThat(made.statusCode()).isEqualTo(201);
    String one = TENANTS + "/" + id;
    JsonObject patch =
        new JsonObject().put("name", "B").put("retention", new JsonObject().put("age", "72h"));
    JsonObject patched = json(call("PATCH", one, OPERATOR, patch));
    assertThat(patched.getString("name")).isEqualTo("B");
    assertThat(json(call("GET", one, OPERATOR, null))).isEqualTo(patched);
    assertThat(call("DELETE", one, OPERATOR, null).statusCode()).isEqualTo(204);
    assertProblem(call("GET", one, OPERATOR, null), 404, "not-found");
  }

  @Test
  void listsGoOnWhereNextSays() throws Exception {
    for (int i = 0; i < 3; i++) {
      tenant();
    }
    Set<String> seen = new TreeSet<>();
    String next = "";
    while (next != null) {
      JsonObject page = json(call("GET", TENANTS + "?limit=2" + next, OPERATOR, null));
      page.getJsonArray("items")
          .forEach(t -> assertThat(seen.add(((JsonObject) t).getString("id"))).isTrue());
      next = page.getString("next") == null ? null : "&after=" + page.getString("next");
    }
    assertThat(seen).contains("acme", "bolt").hasSizeGreaterThanOrEqualTo(5);
    assertProblem(call("GET", TENANTS + "?limit=0", OPERATOR, null), 400, "validation");
  }

  @Test
  void anAccountSaysWhereItsTokensComeFromAndWhichPathsPass() throws Exception {
    String accounts = TENANTS + "/" + tenant() + "/accounts";
    JsonArray paths = new JsonArray().add("/cgi-bin/message/*").add("/cgi-bin/menu/get");
    JsonObject account =
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", "wx1")
            .put("tokenMode", "classic")
            .put("apiPaths", paths);
    assertThat(call("POST", accounts, OPERATOR, account).statusCode()).isEqualTo(201);
    JsonObject read = json(call("GET", accounts + "/shop", OPERATOR, null));
    assertThat(read.getString("tokenMode")).isEqualTo("classic");
    assertThat(read.getJsonArray("apiPaths")).isEqualTo(paths);
    JsonObject patch = new JsonObject().putNull("apiPaths").putNull("tokenMode");
    JsonObject patched = json(call("PATCH", accounts + "/shop", OPERATOR, patch));
    assertThat(patched.fieldNames()).doesNotContain("tokenMode", "apiPaths");
    for (String bad : List.of("cgi-bin/menu", "/a*b", "/a?b", "*", "/a b")) {
      JsonObject wrong = account.copy().put("apiPaths", new JsonArray().add(bad));
      assertProblem(call("POST", accounts, OPERATOR, wrong), 400, "validation");
    }
  }

  @Test
  void aSecretNeverComesBack() throws Exception {
    String accounts = TENANTS + "/" + tenant() + "/accounts";
    JsonObject account =
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", "wx1")
            .put("secret", "s3cr3t-secret")
            .put("token", "s3cr3t-token")
            .put("encodingAesKey", "s3cr3t".repeat(7) + "A");
    HttpResponse<String> made = call("POST", accounts, OPERATOR, account);
    assertThat(made.statusCode()).isEqualTo(201);
    for (HttpResponse<String> answer :
        List.of(
            made,
            call("GET", accounts, OPERATOR, null),
            call("GET", accounts + "/shop", OPERATOR, null),
            call("PATCH", accounts + "/shop", OPERATOR, new JsonObject().put("token", "s3cr3t-2")),
            call(
                "POST",
                accounts,
                OPERATOR,
                account.copy().put("token", 7).put("mode", "s3cr3t")))) {
      assertThat(answer.body()).doesNotContain("s3cr3t");
    }
    assertThat(json(call("GET", accounts + "/shop", OPERATOR, null)).getJsonArray("secrets"))
        .contains("secret", "token", "previousToken", "encodingAesKey");
    assertThat(call("DELETE", accounts + "/shop", OPERATOR, null).statusCode()).isEqualTo(204);
  }

  @Test
  void allBadFieldsAreNamedAtOnceUnknownOnesToo() throws Exception {
    JsonObject bad =
        new JsonObject().put("id", "Not An Id").put("priority", 11).put("colour", "red");
    JsonObject problem = assertProblem(call("POST", TENANTS, OPERATOR, bad), 400, "validation");
    assertThat(
            problem.getJsonArray("errors").stream().map(e -> ((JsonObject) e).getString("field")))
        .containsExactlyInAnyOrder("id", "priority", "colour");
    assertThat(problem.getString("requestId")).isNotEmpty();
  }

  @Test
  void anotherTenantAndAMissingOneAreTheSame404() throws Exception {
    String mine = tenant();
    String key = key(mine, "admin");
    HttpResponse<String> others = call("GET", TENANTS + "/acme", key, null);
    HttpResponse<String> missing = call("GET", TENANTS + "/does-not-exist", key, null);
    JsonObject a = assertProblem(others, 404, "not-found");
    JsonObject b = assertProblem(missing, 404, "not-found");
    a.remove("requestId");
    b.remove("requestId");
    assertThat(a).isEqualTo(b);
    assertThat(call("GET", TENANTS + "/" + mine, key, null).statusCode()).isEqualTo(200);
    assertThat(json(call("GET", TENANTS, key, null)).getJsonArray("items")).hasSize(1);
  }

  @Test
  void headerAndPathMustNameTheSameTenant() throws Exception {
    String mine = tenant();
    HttpRequest.Builder request = request("GET", TENANTS + "/" + mine, key(mine, "guest"), null);
    assertProblem(send(request.copy().header("X-Tenant-ID", "acme")), 403, "tenant-mismatch");
    assertThat(send(request.copy().header("X-Tenant-ID", mine)).statusCode()).isEqualTo(200);
  }

  @Test
  void aRoleBoundsWhatAKeyMayDo() throws Exception {
    String mine = tenant();
    String one = TENANTS + "/" + mine;
    String guest = key(mine, "guest");
    String contributor = key(mine, "contributor");
    String reviewer = key(mine, "reviewer");
    String admin = key(mine, "admin");
    JsonObject message = new JsonObject().put("topic", "app.a").put("data", 1);
    assertProblem(call("POST", one + "/messages", guest, message), 403, "forbidden");
    assertThat(call("POST", one + "/messages", contributor, message).statusCode()).isEqualTo(202);
    assertProblem(call("GET", one + "/messages", contributor, null), 403, "forbidden");
    assertThat(call("GET", one + "/messages", reviewer, null).statusCode()).isEqualTo(200);
    assertProblem(call("GET", one + "/keys", reviewer, null), 403, "forbidden");
    assertThat(call("GET", one + "/keys", admin, null).statusCode()).isEqualTo(200);
    assertProblem(call("PATCH", one, admin, new JsonObject().put("priority", 9)), 403, "forbidden");
    assertProblem(call("DELETE", one, admin, null), 403, "forbidden");
    assertProblem(call("GET", "/api/v1/nodes", admin, null), 403, "forbidden");
    assertThat(call("GET", "/api/v1/nodes", OPERATOR, null).body()).contains("n1");
    assertProblem(call("GET", one, null, null), 401, "unauthenticated");
    String client = node.token(mine, "client");
    assertProblem(call("GET", one, client, null), 403, "forbidden");
  }

  @Test
  void aKeyEndsWhenItIsDeleted() throws Exception {
    String mine = tenant();
    String keys = TENANTS + "/" + mine + "/keys";
    JsonObject made = json(call("POST", keys, OPERATOR, new JsonObject().put("role", "guest")));
    assertThat(json(call("GET", keys, OPERATOR, null)).encode())
        .contains(made.getString("id"))
        .doesNotContain(made.getString("secret"));
    assertThat(call("DELETE", keys + "/" + made.getString("id"), OPERATOR, null).statusCode())
        .isEqualTo(204);
    assertProblem(
        call("GET", TENANTS + "/" + mine, made.getString("secret"), null), 401, "unauthenticated");
  }

  @Test
  void wrongKeysAreSlowedAndAValidOneIsNot() throws Exception {
    String mine = tenant();
    String valid = key(mine, "guest");
    String guess = "hyk_" + mine + "_" + "ab".repeat(24);
    HttpResponse<String> last = null;
    for (int i = 0; i < 60; i++) {
      last = call("GET", TENANTS + "/" + mine, guess + "%016d".formatted(i), null);
    }
    assertProblem(last, 429, "rate-limited");
    assertThat(last.headers().firstValue("retry-after")).isPresent();
    assertThat(call("GET", TENANTS + "/" + mine, valid, null).statusCode()).isEqualTo(200);
    assertThat(call("GET", TENANTS + "/" + mine, OPERATOR, null).statusCode()).isEqualTo(200);
  }

  @Test
  void aRepeatedPostIsAnsweredAsTheFirst() throws Exception {
    String keys = TENANTS + "/" + tenant() + "/keys";
    JsonObject body = new JsonObject().put("role", "guest");
    HttpRequest.Builder request =
        request("POST", keys, OPERATOR, body).header("Idempotency-Key", "once-1");
    HttpResponse<String> first = send(request);
    HttpResponse<String> again = send(request);
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.headers().firstValue("idempotency-replayed")).contains("true");
    assertThat(json(call("GET", keys, OPERATOR, null)).getJsonArray("items")).hasSize(1);
    HttpRequest.Builder other =
        request("POST", keys, OPERATOR, new JsonObject().put("role", "admin"))
            .header("Idempotency-Key", "once-1");
    assertProblem(send(other), 409, "conflict");
    // What is remembered holds a key, so it must not lie in the store as it is.
    String secret = json(first).getString("secret");
    for (String key : node.redis().keys()) {
      if (key.contains("answer:")) {
        assertThat(node.redis().send(io.vertx.redis.client.Command.GET, key).toString())
            .doesNotContain(secret);
      }
    }
  }

  @Test
  void aFailedPostMayBeTriedAgain() throws Exception {
    String id = fresh();
    HttpRequest.Builder bad =
        request("POST", TENANTS, OPERATOR, new JsonObject().put("id", id).put("priority", 99))
            .header("Idempotency-Key", id);
    assertProblem(send(bad), 400, "validation");
    HttpRequest.Builder good =
        request("POST", TENANTS, OPERATOR, new JsonObject().put("id", id))
            .header("Idempotency-Key", id);
    assertThat(send(good).statusCode()).isEqualTo(201);
  }

  @Test
  void aPublishedMessageIsInTheLogOnce() throws Exception {
    String mine = tenant();
    String messages = TENANTS + "/" + mine + "/messages";
    JsonObject message =
        new JsonObject()
            .put("topic", "app.order.paid")
            .put("subject", "o-1")
            .put("data", new JsonObject().put("total", 12.50));
    HttpRequest.Builder request =
        request("POST", messages, OPERATOR, message).header("Idempotency-Key", "order-1");
    HttpResponse<String> first = send(request);
    assertThat(first.statusCode()).isEqualTo(202);
    JsonObject again = json(send(request));
    assertThat(again.getString("id")).isEqualTo(json(first).getString("id"));
    assertThat(again.getString("cursor")).isEqualTo(json(first).getString("cursor"));
    assertThat(again.getBoolean("duplicate")).isTrue();
    JsonArray items = json(call("GET", messages, OPERATOR, null)).getJsonArray("items");
    assertThat(items).hasSize(1);
    JsonObject event = items.getJsonObject(0).getJsonObject("event");
    assertThat(event.getString("type")).isEqualTo("app.order.paid");
    assertThat(event.getString("id")).isEqualTo(again.getString("id"));
    assertThat(event.getJsonObject("data").getDouble("total")).isEqualTo(12.5);
  }

  @Test
  void whatCannotBePublishedIsSaidFieldByField() throws Exception {
    String messages = TENANTS + "/" + tenant() + "/messages";
    JsonObject bad =
        new JsonObject()
            .put("topic", "wx.mp.message.text")
            .put("subject", "a\nb")
            .put("delayMs", -5)
            .put("at", "tomorrow")
            .put("ttlMs", 0)
            .put("more", 1);
    JsonObject problem = assertProblem(call("POST", messages, OPERATOR, bad), 400, "validation");
    assertThat(
            problem.getJsonArray("errors").stream().map(e -> ((JsonObject) e).getString("field")))
        .containsExactlyInAnyOrder(
            "topic", "subject", "data", "delayMs", "at", "at", "ttlMs", "more");
  }

  @Test
  void messagesAreListedByTopicFromACursorOn() throws Exception {
    String messages = TENANTS + "/" + tenant() + "/messages";
    for (int i = 0; i < 40; i++) {
      JsonObject message =
          new JsonObject().put("topic", i % 2 == 0 ? "app.even" : "app.odd").put("data", i);
      assertThat(call("POST", messages, OPERATOR, message).statusCode()).isEqualTo(202);
    }
    String from = "first";
    int expected = 0;
    while (from != null) {
      JsonObject page =
          json(call("GET", messages + "?topic=app.EVEN&limit=7&from=" + from, OPERATOR, null));
      for (Object item : page.getJsonArray("items")) {
        assertThat(((JsonObject) item).getJsonObject("event").getInteger("data"))
            .isEqualTo(expected);
        expected += 2;
      }
      from = page.getString("next");
    }
    assertThat(expected).isEqualTo(40);
    assertProblem(call("GET", messages + "?from=nonsense", OPERATOR, null), 400, "validation");
    assertProblem(call("GET", messages + "?topic=a..b", OPERATOR, null), 400, "validation");
  }

  @Test
  void aClientTokenOpensASessionAndItsDurableNameIsListed() throws Exception {
    String mine = tenant();
    JsonObject body =
        new JsonObject()
            .put("subject", "pos")
            .put("topics", new JsonArray().add("app.#"))
            .put("ttlSeconds", 60);
    JsonObject token =
        json(call("POST", TENANTS + "/" + mine + "/client-tokens", key(mine, "contributor"), body));
    assertThat(token.getString("expiresAt")).isNotEmpty();
    assertThat(node.tokens().verify(token.getString("token")).tenant()).isEqualTo(mine);
    String log =
        json(call(
                "POST",
                TENANTS + "/" + mine + "/messages",
                OPERATOR,
                new JsonObject().put("topic", "app.x").put("data", 1)))
            .getString("cursor");
    try (var ws = node.connect(mine, "pos")) {
      ws.send(
          new JsonObject()
              .put("op", "subscribe")
              .put("sub", "orders")
              .put("mode", "durable")
              .put("topics", new JsonArray().add("app.#"))
              .put("cursor", "first"));
      ws.expect("subscribed");
      JsonObject item =
          json(call("GET", TENANTS + "/" + mine + "/subscriptions", OPERATOR, null))
              .getJsonArray("items")
              .getJsonObject(0);
      assertThat(item.getString("name")).isEqualTo("orders");
      assertThat(item.getString("mode")).isEqualTo("durable");
      assertThat(item.getLong("lag")).isEqualTo(1);
      assertThat(log).startsWith(item.getString("cursor").split(":")[0]);
    }
    JsonObject bad =
        new JsonObject().put("topics", new JsonArray().add("a..b")).put("ttlSeconds", 0);
    JsonObject problem =
        assertProblem(
            call("POST", TENANTS + "/" + mine + "/client-tokens", OPERATOR, bad),
            400,
            "validation");
    assertThat(problem.getJsonArray("errors")).hasSize(3);
  }

  @Test
  void bodiesThatAreNoneAreRefused() throws Exception {
    HttpRequest.Builder text =
        HttpRequest.newBuilder(admin.uri(TENANTS))
            .header("Authorization", "Bearer " + OPERATOR)
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("{}"));
    assertProblem(send(text), 415, "unsupported-media-type");
    for (String body : List.of("", "{", "[]", "7", "{\"a\":".repeat(3000))) {
      HttpRequest.Builder request =
          request("POST", TENANTS, OPERATOR, null)
              .method("POST", HttpRequest.BodyPublishers.ofString(body))
              .header("Content-Type", "application/json");
      assertProblem(send(request), 400, "bad-request");
    }
    JsonObject large = new JsonObject().put("id", "x".repeat(2 << 20));
    assertProblem(call("POST", TENANTS, OPERATOR, large), 413, "too-large");
    assertProblem(call("POST", TENANTS, "wrong", large), 401, "unauthenticated");
    assertProblem(call("GET", "/api/v1/nothing", OPERATOR, null), 404, "not-found");
    assertProblem(call("PUT", TENANTS, OPERATOR, new JsonObject()), 405, "method-not-allowed");
  }

  @Test
  void theCallersRequestIdIsTakenOver() throws Exception {
    HttpRequest.Builder request =
        request("GET", TENANTS, "wrong", null).header("X-Request-Id", "mine-42");
    HttpResponse<String> answer = send(request);
    assertThat(answer.headers().firstValue("x-request-id")).contains("mine-42");
    assertThat(json(answer).getString("requestId")).isEqualTo("mine-42");
    assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
  }

  private static String fresh() {
    return admin.fresh();
  }

  @CanIgnoreReturnValue
  private static String tenant() {
    return admin.tenant();
  }

  private static String key(String tenant, String role) throws Exception {
    return admin.key(tenant, role);
  }

  private static HttpRequest.Builder request(
      String method, String path, String key, JsonObject body) {
    return admin.request(method, path, key, body);
  }

  private static HttpResponse<String> call(String method, String path, String key, JsonObject body)
      throws Exception {
    return admin.call(method, path, key, body);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return admin.send(request);
  }

  @Test
  void aNodeIsToldToLeaveByTheOperatorAlone() throws Exception {
    String path = TENANTS.replace("tenants", "nodes") + "/n1/drain";
    assertThat(call("POST", path, OPERATOR, new JsonObject()).statusCode()).isEqualTo(202);
    assertThat(call("POST", path.replace("n1", "n9"), OPERATOR, new JsonObject()).statusCode())
        .isEqualTo(404);
    assertThat(call("POST", path, null, new JsonObject()).statusCode()).isEqualTo(401);
  }

  @Test
  void deadLettersOfATenantAreListedReadAndDeleted() throws Exception {
    String tenant = TENANTS + "/acme";
    String letters = tenant + "/dead-letters";
    LogEntry entry =
        new LogEntry(
            "acme",
            "e1",
            7,
            new EntryHeader(42, "app.x", null, 1, 0),
            "{\"id\":\"42\"}".getBytes(StandardCharsets.UTF_8));
    String id =
        node.redis()
            .await(
                new DeadLetterStore(node.redis().link(), Clock.system())
                    .add(entry, "pos", "worn-out", 8, "no answer"));

    JsonNode items =
        new ObjectMapper()
            .readTree(call("GET", letters + "?consumer=pos", OPERATOR, null).body())
            .get("items");
    assertThat(items).hasSize(1);
    assertThat(items.get(0).get("id").asText()).isEqualTo(id);
    assertThat(items.get(0).get("messageId").asText()).isEqualTo("42");
    assertThat(items.get(0).get("reason").asText()).isEqualTo("worn-out");
    assertThat(items.get(0).get("event").get("id").asText()).isEqualTo("42");
    assertThat(call("GET", letters + "/" + id, OPERATOR, null).statusCode()).isEqualTo(200);
    assertThat(call("DELETE", letters + "/" + id, OPERATOR, null).statusCode()).isEqualTo(204);
    assertThat(call("GET", letters + "/" + id, OPERATOR, null).statusCode()).isEqualTo(404);
    assertThat(call("GET", letters + "?after=nonsense", OPERATOR, null).statusCode())
        .isEqualTo(400);
  }
}
