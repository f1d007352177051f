package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditFile;
import dev.hongyan.tenant.audit.AuditLog;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AuditRoutesTest {
  private static AdminNode admin;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  private static HttpResponse<String> call(String method, String path, String key, JsonObject body)
      throws Exception {
    return admin.call(method, path, key, body);
  }

  private static List<JsonObject> entries(String path) throws Exception {
    List<JsonObject> all = new ArrayList<>();
    String after = "";
    do {
      JsonObject page = json(call("GET", path + "?limit=500" + after, OPERATOR, null));
      page.getJsonArray("items").forEach(e -> all.add((JsonObject) e));
      after = page.containsKey("next") ? "&after=" + page.getString("next") : "";
    } while (!after.isEmpty());
    return all;
  }

  private static List<JsonObject> of(String tenant) throws Exception {
    return entries(TENANTS + "/" + tenant + "/audit");
  }

  private static JsonObject change(JsonObject entry, String path) {
    for (Object each : entry.getJsonArray("changes", new JsonArray())) {
      if (((JsonObject) each).getString("path").equals(path)) {
        return (JsonObject) each;
      }
    }
    throw new AssertionError(path + " is not in " + entry);
  }

  @Test
  void everyOperationThatChangesSomethingIsAudited() throws Exception {
    String tenant = admin.tenant();
    Set<String> wanted = new HashSet<>();
    List<String> operations = new ArrayList<>(Contract.ofProgram().all().keySet());
    operations.sort((a, b) -> Integer.compare(last(a), last(b)));
    for (String operation : operations) {
      String method = operation.substring(0, operation.indexOf(' '));
      String path = operation.substring(operation.indexOf(' ') + 1);
      boolean isMessage = method.equals("POST") && path.matches(".*/(messages|sends)");
      if (method.equals("GET") || isMessage) {
        continue;
      }
      wanted.add(operation);
      String real = path.replace("{tenant}", tenant).replaceAll("\\{[a-z]+}", "nothing");
      JsonObject body = method.equals("DELETE") ? null : new JsonObject();
      assertThat(call(method, real, OPERATOR, body).statusCode()).as(operation).isLessThan(500);
      if (operation.equals("DELETE " + TENANTS + "/{tenant}")) {
        break;
      }
      assertThat(actions(tenant)).as("of " + tenant).contains(operation);
    }
    assertThat(wanted).hasSizeGreaterThan(20);
    assertThat(actions("")).contains("DELETE " + TENANTS + "/{tenant}");
  }

  /** The tenant itself goes last. */
  private static int last(String operation) {
    return operation.equals("DELETE " + TENANTS + "/{tenant}") ? 1 : 0;
  }

  private static Set<String> actions(String tenant) throws Exception {
    Set<String> actions = new HashSet<>();
    for (JsonObject entry : tenant.isEmpty() ? List.<JsonObject>of() : of(tenant)) {
      actions.add(entry.getString("action"));
    }
    for (JsonObject entry : entries("/api/v1/audit")) {
      actions.add(entry.getString("action"));
    }
    return actions;
  }

  @Test
  void aChangeIsToldWithBeforeAndAfter() throws Exception {
    String tenant = admin.tenant();
    String key = admin.key(tenant, "admin");
    HttpResponse<String> answer =
        admin.send(
            admin
                .request("PATCH", TENANTS + "/" + tenant, key, new JsonObject().put("name", "Neu"))
                .header("X-Request-ID", "my-request-7"));
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonObject entry = of(tenant).get(1);
    assertThat(entry.getString("actor")).startsWith("key:");
    assertThat(entry.getString("action")).isEqualTo("PATCH " + TENANTS + "/{tenant}");
    assertThat(entry.getString("outcome")).isEqualTo("done");
    assertThat(entry.getString("requestId")).isEqualTo("my-request-7");
    assertThat(entry.getString("address")).isEqualTo("127.0.0.1");
    assertThat(entry.getJsonObject("target").getString("tenant")).isEqualTo(tenant);
    JsonObject name = change(entry, "name");
    assertThat(name.getString("before")).isEqualTo(tenant);
    assertThat(name.getString("after")).isEqualTo("Neu");
    assertThat(entry.getJsonArray("changes")).hasSize(1);
  }

  @Test
  void aRefusedChangeIsToldWithItsCode() throws Exception {
    String tenant = admin.tenant();
    JsonObject bad = new JsonObject().put("priority", 77);
    assertProblem(call("PATCH", TENANTS + "/" + tenant, OPERATOR, bad), 400, "validation");
    JsonObject entry = of(tenant).get(0);
    assertThat(entry.getString("outcome")).isEqualTo("validation");
    assertThat(entry.containsKey("changes")).isFalse();
  }

  @Test
  void noSecretIsInTheAuditLogAndEachIsToldToHaveChanged() throws Exception {
    String tenant = admin.tenant();
    String at = TENANTS + "/" + tenant;
    JsonObject account =
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", "wx1234567890abcdef")
            .put("secret", "CANARY-app-secret")
            .put("token", "CANARY-push-token")
            .put("mode", "plain");
    assertThat(call("POST", at + "/accounts", OPERATOR, account).statusCode()).isEqualTo(201);
    JsonObject patch = new JsonObject().put("secret", "CANARY-new-secret").put("token", null);
    assertThat(call("PATCH", at + "/accounts/shop", OPERATOR, patch).statusCode()).isEqualTo(200);
    JsonObject destination =
        new JsonObject()
            .put("id", "crm")
            .put("url", "https://crm.example.com/hook/CANARY-path?key=CANARY-query")
            .put("topics", new JsonArray().add("wx.#"));
    HttpResponse<String> made = call("POST", at + "/destinations", OPERATOR, destination);
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    String signing = json(made).getString("secret");
    String rotated =
        json(call("POST", at + "/destinations/crm/rotate-secret", OPERATOR, new JsonObject()))
            .getString("secret");
    String apiKey = admin.key(tenant, "guest");
    JsonObject mint = new JsonObject().put("subject", "someone").put("ttlSeconds", 60);
    String token = json(call("POST", at + "/client-tokens", OPERATOR, mint)).getString("token");

    List<JsonObject> all = of(tenant);
    assertThat(change(all.get(0), "accounts.shop.secret").getString("secret")).isEqualTo("set");
    assertThat(change(all.get(1), "accounts.shop.secret").getString("secret")).isEqualTo("changed");
    assertThat(change(all.get(1), "accounts.shop.token").getString("secret")).isEqualTo("removed");
    assertThat(change(all.get(2), "destinations.crm.url").getString("after"))
        .isEqualTo("https://crm.example.com/…");
    assertThat(change(all.get(3), "destinations.crm.secret").getString("secret"))
        .isEqualTo("changed");
    String shown = all.toString();
    String stored =
        admin
            .gateway()
            .redis()
            .send(Command.XRANGE, "hy:{" + tenant + "}:audit", "-", "+")
            .toString();
    for (String secret : List.of("CANARY", signing, rotated, apiKey, token)) {
      assertThat(shown).doesNotContain(secret);
      assertThat(stored).doesNotContain(secret);
    }
  }

  @Test
  void onlyAdminsSeeTheAuditLogAndOnlyTheirOwn() throws Exception {
    String tenant = admin.tenant();
    String other = admin.tenant();
    String path = TENANTS + "/" + tenant + "/audit";
    for (String one : List.of(path, path + "/verify", path + "/export")) {
      assertProblem(call("GET", one, null, null), 401, "unauthenticated");
      assertProblem(call("GET", one, admin.key(other, "admin"), null), 404, "not-found");
      assertProblem(call("GET", one, admin.key(tenant, "reviewer"), null), 403, "forbidden");
    }
    assertProblem(call("GET", "/api/v1/audit", admin.key(tenant, "admin"), null), 403, "forbidden");
  }

  @Test
  void theChainVerifiesAndNamesWhatWasTamperedWith() throws Exception {
    String tenant = admin.tenant();
    for (int i = 0; i < 5; i++) {
      JsonObject patch = new JsonObject().put("priority", i);
      assertThat(call("PATCH", TENANTS + "/" + tenant, OPERATOR, patch).statusCode())
          .isEqualTo(200);
    }
    String path = TENANTS + "/" + tenant + "/audit/verify";
    JsonObject good = json(call("GET", path, OPERATOR, null));
    assertThat(good.getBoolean("ok")).as(good.encode()).isTrue();
    assertThat(good.getInteger("entries")).isEqualTo(5);
    JsonObject piece = json(call("GET", path + "?limit=2", OPERATOR, null));
    assertThat(piece.getString("next")).isEqualTo("2");

    var unused = admin.gateway().redis().send(Command.XDEL, "hy:{" + tenant + "}:audit", "4-0");
    JsonObject bad = json(call("GET", path, OPERATOR, null));
    assertThat(bad.getBoolean("ok")).isFalse();
    assertThat(bad.getJsonObject("broken"))
        .isEqualTo(new JsonObject().put("seq", 4).put("problem", "missing"));
  }

  @Test
  void anExportCanBeVerifiedAlone() throws Exception {
    String tenant = admin.tenant();
    AuditLog log = admin.gateway().tenants().audit();
    List<Future<?>> written = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      AuditDraft draft = AuditDraft.inside("system", "test " + i, new JsonObject());
      written.add(log.record(tenant, draft, AuditLog.DONE, new JsonArray()));
    }
    RedisFixture.await(Future.all(written));
    HttpResponse<String> answer =
        call("GET", TENANTS + "/" + tenant + "/audit/export", OPERATOR, null);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
    AuditFile file = new AuditFile();
    Stream.of(answer.body().split("\n")).forEach(file::line);
    assertThat(file.problem()).isNull();
    assertThat(file.entries()).isEqualTo(700);
  }

  @Test
  void entriesAreFoundByTimeAndPageByPage() throws Exception {
    String tenant = admin.tenant();
    for (int i = 0; i < 4; i++) {
      JsonObject patch = new JsonObject().put("priority", i);
      assertThat(call("PATCH", TENANTS + "/" + tenant, OPERATOR, patch).statusCode())
          .isEqualTo(200);
    }
    String path = TENANTS + "/" + tenant + "/audit";
    JsonObject first = json(call("GET", path + "?limit=3", OPERATOR, null));
    assertThat(first.getJsonArray("items")).hasSize(3);
    JsonObject rest =
        json(call("GET", path + "?limit=3&after=" + first.getString("next"), OPERATOR, null));
    assertThat(rest.getJsonArray("items")).hasSize(1);
    assertThat(rest.containsKey("next")).isFalse();
    String at = first.getJsonArray("items").getJsonObject(1).getString("at");
    JsonObject from = json(call("GET", path + "?from=" + at, OPERATOR, null));
    assertThat(from.getJsonArray("items").getJsonObject(0).getString("at"))
        .isGreaterThanOrEqualTo(at);
    JsonObject none = json(call("GET", path + "?to=2020-01-01T00:00:00Z", OPERATOR, null));
    assertThat(none.getJsonArray("items")).isEmpty();
    assertProblem(call("GET", path + "?from=yesterday", OPERATOR, null), 400, "validation");
  }
}
