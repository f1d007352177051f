package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static dev.hongyan.gateway.testing.GatewayFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Receiver;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LifeRoutesTest {
  private static final String OPENID = "oCanaryOpenid-5555_555555555";
  private static AdminNode admin;
  private static GatewayFixture node;
  private static RedisFixture redis;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
    node = admin.gateway();
    redis = node.redis();
    node.startRouter();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  private static HttpResponse<String> call(String method, String path, JsonObject body)
      throws Exception {
    return admin.call(method, TENANTS + "/" + path, OPERATOR, body);
  }

  private static JsonObject ok(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return json(answer);
  }

  private static JsonObject message(String subject, int n) {
    return new JsonObject()
        .put("topic", "app.x")
        .put("subject", subject)
        .put("data", new JsonObject().put("n", n));
  }

  private static void publish(String tenant, String subject, int from, int to) throws Exception {
    for (int n = from; n <= to; n++) {
      var unused = ok(call("POST", tenant + "/messages", message(subject, n)));
    }
  }

  private static void destination(String tenant, String url) throws Exception {
    JsonObject destination =
        new JsonObject()
            .put("id", "crm")
            .put("url", url)
            .put("topics", new JsonArray().add("app.#"))
            .put("retry", new JsonArray().add("100ms"));
    var unused = ok(call("POST", tenant + "/destinations", destination));
  }

  private static void frozen(String tenant, boolean frozen) throws Exception {
    assertThat(ok(call("PATCH", tenant, new JsonObject().put("frozen", frozen))).encode())
        .matches(text -> text.contains("\"frozen\":true") == frozen);
  }

  private static List<Integer> numbers(List<JsonObject> messages) {
    return messages.stream()
        .map(m -> m.getJsonObject("event").getJsonObject("data").getInteger("n"))
        .toList();
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void whatComesForAFrozenTenantIsKeptAndDeliveredInOrderWhenThatEnds() throws Exception {
    String tenant = admin.tenant();
    String other = admin.tenant();
    try (Receiver receiver = new Receiver(redis.vertx());
        Receiver otherReceiver = new Receiver(redis.vertx())) {
      destination(tenant, receiver.url());
      destination(other, otherReceiver.url());
      WsClient durable = node.connect(tenant, "d");
      durable.subscribe("d", "durable", "first", "app.#").expect("subscribed");
      WsClient live = node.connect(tenant, "l");
      live.subscribe("l", "live", null, "app.#").expect("subscribed");
      publish(tenant, "u1", 1, 3);
      for (WsClient each : List.of(durable, live)) {
        assertThat(numbers(each.messages(3))).containsExactly(1, 2, 3);
      }
      eventually(() -> receiver.taken().equals(range(1, 3)));

      frozen(tenant, true);
      publish(tenant, "u1", 4, 30);
      publish(other, "u1", 1, 10);
      // Who came later has everything, so nothing is on its way here.
      eventually(() -> otherReceiver.taken().equals(range(1, 10)));
      for (WsClient each : List.of(durable, live)) {
        assertThat(each.isQuiet()).isTrue();
      }
      assertThat(receiver.taken()).isEqualTo(range(1, 3));
      WsClient late = node.connect(tenant, "late");
      late.subscribe("late", "durable", "first", "app.#").expect("subscribed");
      assertThat(late.isQuiet()).isTrue();

      frozen(tenant, false);
      assertThat(numbers(durable.messages(27))).isEqualTo(range(4, 30));
      assertThat(numbers(live.messages(27))).isEqualTo(range(4, 30));
      assertThat(numbers(late.messages(30))).isEqualTo(range(1, 30));
      eventually(() -> receiver.taken().equals(range(1, 30)));
      publish(tenant, "u1", 31, 31);
      assertThat(numbers(durable.messages(1))).containsExactly(31);
      for (WsClient each : List.of(durable, live, late)) {
        each.close();
      }
    }
  }

  @Test
  void aMessageWhoseTimeRunsOutWhileFrozenIsNotDelivered() throws Exception {
    String tenant = admin.tenant();
    try (Receiver receiver = new Receiver(redis.vertx())) {
      destination(tenant, receiver.url());
      publish(tenant, "u1", 1, 1);
      eventually(() -> receiver.taken().equals(range(1, 1)));
      frozen(tenant, true);
      JsonObject shortLived = message("u1", 2).put("ttlMs", 1000);
      long until = System.currentTimeMillis() + 1100;
      var unused = ok(call("POST", tenant + "/messages", shortLived));
      publish(tenant, "u1", 3, 3);
      eventually(() -> System.currentTimeMillis() > until);
      frozen(tenant, false);
      eventually(() -> receiver.taken().equals(List.of(1, 3)));
    }
  }

  @Test
  void nothingIsLeftOfATenantThatIsDeletedWhileMessagesComeIn() throws Exception {
    String canary = "canaryOfTheDeleted777";
    String tenant = admin.tenant();
    try (Receiver receiver = new Receiver(redis.vertx())) {
      destination(tenant, receiver.url());
      destinationThatFails(tenant);
      WsClient ws = node.connect(tenant, "c");
      ws.subscribe("s", "durable", "first", "app.#").expect("subscribed");
      String key = admin.key(tenant, "contributor");
      publish(tenant, canary, 1, 20);
      var delayed =
          ok(call("POST", tenant + "/messages", message(canary, 99).put("delayMs", 3_600_000)));
      ws.ack("s", ws.messages(20).get(19).getString("cursor"));
      eventually(() -> redis.send(Command.EXISTS, "hy:{" + tenant + "}:dead").toInteger() == 1);
      assertThat(keysOf(tenant)).hasSizeGreaterThan(10);

      AtomicBoolean stop = new AtomicBoolean();
      CountDownLatch going = new CountDownLatch(200);
      List<Thread> senders = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        Thread sender = new Thread(() -> flood(tenant, key, canary, stop, going), "sender-" + t);
        sender.start();
        senders.add(sender);
      }
      going.await();
      assertThat(call("DELETE", tenant, null).statusCode()).isEqualTo(204);
      stop.set(true);
      for (Thread sender : senders) {
        sender.join(20_000);
      }
      assertThat(ws.closeCode()).isEqualTo(4404);
      ws.close();
      // Looked for once more after the last sender had ended, and nothing comes after that.
      eventually(() -> redis.send(Command.ZSCORE, "hy:{_tenants}:gone", "2:" + tenant) != null);
      eventually(() -> keysOf(tenant).isEmpty());
      assertThat(findings(canary)).isEmpty();
      assertThat(findings(tenant))
          .isSubsetOf(
              "hy:{_tenants}:changes",
              "hy:{_tenants}:gone",
              "hy:{_audit}:audit",
              "hy:{_audit}:audit-open");
    }
  }

  private static void destinationThatFails(String tenant) throws Exception {
    JsonObject destination =
        new JsonObject()
            .put("id", "bad")
            .put("url", "http://127.0.0.1:9/in")
            .put("topics", new JsonArray().add("app.#"))
            .put("retry", new JsonArray().add("100ms"));
    var unused = ok(call("POST", tenant + "/destinations", destination));
  }

  private static void flood(
      String tenant, String key, String subject, AtomicBoolean stop, CountDownLatch going) {
    for (int n = 0; !stop.get(); n++) {
      try {
        int status =
            admin
                .call("POST", TENANTS + "/" + tenant + "/messages", key, message(subject, n))
                .statusCode();
        assertThat(status).isIn(202, 200, 201, 401, 404, 503);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      } finally {
        going.countDown();
      }
    }
  }

  private static List<String> keysOf(String tenant) {
    return redis.keys().stream().filter(k -> k.contains("{" + tenant + "}")).toList();
  }

  /** The keys whose name or dump holds a text. */
  private static List<String> findings(String text) {
    List<String> found = new ArrayList<>();
    for (String key : redis.keys()) {
      Response dump = redis.send(Command.DUMP, key);
      if (key.contains(text)
          || dump != null
              && new String(dump.toBytes(), StandardCharsets.ISO_8859_1).contains(text)) {
        found.add(key);
      }
    }
    return found;
  }

  @Test
  void anErasedPersonIsNowhereInTheStoreAndTheOthersAreUntouched() throws Exception {
    var plain = redis.send(Command.CONFIG, "SET", "rdbcompression", "no");
    String tenant = admin.tenant();
    try (Receiver receiver = new Receiver(redis.vertx())) {
      destination(tenant, receiver.url());
      destinationThatFails(tenant);
      String longer = OPENID + "X";
      for (int n = 1; n <= 10; n++) {
        publish(tenant, n % 2 == 0 ? OPENID : longer, n, n);
      }
      for (String who : List.of(OPENID, longer)) {
        JsonObject later = message(who, 50).put("delayMs", 3_600_000);
        HttpResponse<String> answer =
            admin.send(
                admin
                    .request("POST", TENANTS + "/" + tenant + "/messages", OPERATOR, later)
                    .header("Idempotency-Key", "key-of-" + who));
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
      }
      eventually(() -> receiver.taken().size() == 10);
      eventually(() -> redis.send(Command.XLEN, "hy:{" + tenant + "}:dead").toInteger() >= 2);

      String before = call("GET", tenant + "/people/" + OPENID + "/export", null).body();
      assertThat(kinds(before, "message")).hasSize(5);
      assertThat(kinds(before, "deadLetter")).isNotEmpty();
      assertThat(kinds(before, "delayed")).hasSize(1);
      assertThat(kinds(before, "timeline")).hasSize(5);
      assertThat(before).doesNotContain(longer);

      JsonObject erased =
          ok(call("POST", tenant + "/people/" + OPENID + "/erase", new JsonObject()));
      assertThat(erased.getInteger("messages")).as(erased.encode()).isEqualTo(5);
      assertThat(erased.getInteger("deadLetters")).isPositive();

      assertThat(exact(OPENID)).isEmpty();
      String after = call("GET", tenant + "/people/" + OPENID + "/export", null).body();
      assertThat(after.split("\n")).hasSize(2);
      String others = call("GET", tenant + "/people/" + longer + "/export", null).body();
      assertThat(kinds(others, "message")).hasSize(5);
      assertThat(kinds(others, "delayed")).hasSize(1);

      // Places in the log are as they were, and a new reader sees what is left.
      WsClient ws = node.connect(tenant, "c");
      ws.subscribe("s", "durable", "first", "app.#").expect("subscribed");
      assertThat(numbers(ws.messages(5))).containsExactly(1, 3, 5, 7, 9);
      publish(tenant, "someone", 11, 11);
      assertThat(numbers(ws.messages(1))).containsExactly(11);
      eventually(() -> receiver.taken().contains(11));
      ws.close();

      JsonObject audit = ok(call("GET", tenant + "/audit?limit=500", null));
      assertThat(audit.encode()).doesNotContain(OPENID);
      assertThat(audit.encode()).contains(Call.personDigest(tenant, OPENID));
    }
  }

  /** As {@link #findings}, of the whole name only: a longer one is somebody else. */
  private static List<String> exact(String openid) {
    List<String> found = new ArrayList<>();
    for (String key : redis.keys()) {
      Response dump = redis.send(Command.DUMP, key);
      String all =
          key + (dump == null ? "" : new String(dump.toBytes(), StandardCharsets.ISO_8859_1));
      if (all.replace(openid + "X", "").contains(openid)) {
        found.add(key);
      }
    }
    return found;
  }

  private static List<JsonObject> kinds(String lines, String kind) {
    List<JsonObject> all = new ArrayList<>();
    for (String line : lines.split("\n")) {
      JsonObject json = new JsonObject(line);
      if (json.getString("kind").equals(kind)) {
        all.add(json);
      }
    }
    return all;
  }

  @Test
  void aTenantIsExportedAsAWholeWithoutSecrets() throws Exception {
    String tenant = admin.tenant();
    destination(tenant, "http://127.0.0.1:9/in");
    JsonObject account =
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", "wx1234567890abcdef")
            .put("secret", "CANARY-app-secret");
    var made = ok(call("POST", tenant + "/accounts", account));
    publish(tenant, "u1", 1, 120);
    var later = ok(call("POST", tenant + "/messages", message("u1", 121).put("delayMs", 600_000)));
    HttpResponse<String> answer = call("GET", tenant + "/export", null);
    assertThat(answer.statusCode()).isEqualTo(200);
    String body = answer.body();
    assertThat(kinds(body, "begin")).hasSize(1);
    assertThat(kinds(body, "tenant")).hasSize(1);
    assertThat(kinds(body, "account")).hasSize(1);
    assertThat(kinds(body, "destination")).hasSize(1);
    assertThat(kinds(body, "message"))
        .filteredOn(m -> m.getJsonObject("event").getString("type").equals("app.x"))
        .hasSize(120);
    assertThat(kinds(body, "delayed")).hasSize(1);
    assertThat(kinds(body, "audit")).hasSize(2);
    assertThat(body).doesNotContain("CANARY").doesNotContain("whsec_");
    JsonObject end = kinds(body, "end").get(0);
    int at = body.lastIndexOf("{\"kind\":\"end\"");
    assertThat(body.substring(0, at).split("\n")).hasSize(end.getInteger("lines"));
    assertThat(end.getString("sha256"))
        .isEqualTo(
            HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(body.substring(0, at).getBytes(StandardCharsets.UTF_8))));
    assertProblem(
        call("POST", tenant + "/people/a%20b/erase", new JsonObject()), 400, "validation");
  }
}
