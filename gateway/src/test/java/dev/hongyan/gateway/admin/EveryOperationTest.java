package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Calls everything there is in the contract. {@link AdminNode} holds each answer against the
 * contract; here is only what makes the calls good ones. Who adds an operation adds a line.
 */
class EveryOperationTest {
  /** Served by another door: an endless answer, tested with that door. */
  private static final Set<String> ELSEWHERE =
      Set.of("GET /api/v1/tenants/{tenant}/stream", "GET /api/v1/tenants/{tenant}/poll");

  private static AdminNode admin;
  private String base = "/api/v1";

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  private HttpResponse<String> call(int status, String method, String path, JsonObject body)
      throws Exception {
    HttpResponse<String> answer = admin.call(method, base + path, OPERATOR, body);
    assertThat(answer.statusCode()).as("%s %s: %s", method, path, answer.body()).isEqualTo(status);
    return answer;
  }

  private JsonObject good(int status, String method, String path, JsonObject body)
      throws Exception {
    HttpResponse<String> answer = call(status, method, path, body);
    return status == 204 ? new JsonObject() : AdminNode.json(answer);
  }

  private static JsonObject of(String json) {
    return new JsonObject(json.replace('\'', '"'));
  }

  @Test
  void everyOperationAnswersAsTheContractSays() throws Exception {
    String tenant = admin.fresh();
    tenants(tenant);
    base = "/api/v1/tenants/" + tenant;
    accounts();
    routing();
    access();
    issuers();
    roles();
    quotas();
    messages();
    deadLetters(tenant);
    replays();
    for (String state : Set.of("/subscriptions", "/sessions", "/ledger")) {
      JsonObject unused = good(200, "GET", state, null);
    }
    people();
    audit();
    exports();
    ends();
    base = "/api/v1";
    platform(tenant);
    JsonObject nodes = good(200, "GET", "/nodes", null);
    assertThat(nodes.getJsonArray("items")).hasSize(1);
    JsonObject drained = good(202, "POST", "/nodes/n1/drain", new JsonObject());
    assertThat(drained.getString("id")).isEqualTo("n1");
    JsonObject gone = good(204, "DELETE", "/tenants/" + tenant, null);
    assertThat(gone).isEmpty();

    Set<String> missing = new TreeSet<>(Contract.ofProgram().all().keySet());
    Set<String> called = new HashSet<>(admin.called());
    called.addAll(ELSEWHERE);
    missing.removeAll(called);
    assertThat(missing).as("operations without a line here").isEmpty();
  }

  private void tenants(String tenant) throws Exception {
    JsonObject body =
        of("{'retention':{'age':'72h'},'ttl':[{'match':'app.#','life':'48h'}]}").put("id", tenant);
    JsonObject made = good(201, "POST", "/tenants", body);
    assertThat(good(200, "GET", "/tenants/" + tenant, null)).isEqualTo(made);
    assertThat(good(200, "GET", "/tenants?limit=1", null).getJsonArray("items")).hasSize(1);
    assertThat(good(200, "PATCH", "/tenants/" + tenant, of("{'name':'T'}")).getString("name"))
        .isEqualTo("T");
  }

  private void accounts() throws Exception {
    JsonObject shop = of("{'id':'shop','kind':'mp','appId':'wx1','token':'t','mode':'plain'}");
    assertThat(good(201, "POST", "/accounts", shop).getString("id")).isEqualTo("shop");
    assertThat(good(200, "GET", "/accounts", null).getJsonArray("items")).hasSize(1);
    assertThat(good(200, "GET", "/accounts/shop", null).getString("appId")).isEqualTo("wx1");
    JsonObject patched = good(200, "PATCH", "/accounts/shop", of("{'appId':'wx2'}"));
    assertThat(patched.getString("appId")).isEqualTo("wx2");
    assertThat(good(200, "GET", "/accounts/shop/quota", null).getJsonArray("items")).isEmpty();
    assertThat(good(204, "DELETE", "/accounts/shop/quota", null)).isEmpty();
    // Nobody keeps tokens here (they are tested with the proxy): what counts is that it says so.
    for (String call :
        Set.of("GET /token", "DELETE /token", "GET /jsapi-signature?url=https://x.example/")) {
      String method = call.substring(0, call.indexOf(' '));
      String path = "/accounts/none" + call.substring(call.indexOf(' ') + 1);
      assertThat(admin.call(method, base + path, OPERATOR, null).statusCode()).isEqualTo(404);
    }
  }

  private void routing() throws Exception {
    JsonObject crm = of("{'id':'crm','url':'http://127.0.0.1:9/hook','enabled':false}");
    assertThat(good(201, "POST", "/destinations", crm).getString("secret")).isNotEmpty();
    assertThat(good(200, "GET", "/destinations", null).getJsonArray("items")).hasSize(1);
    JsonObject patch = of("{'topics':['app.#']}");
    assertThat(good(200, "PATCH", "/destinations/crm", patch).getJsonArray("topics")).hasSize(1);
    JsonObject rotated = good(200, "POST", "/destinations/crm/rotate-secret", new JsonObject());
    assertThat(rotated.getJsonArray("previousSecrets")).hasSize(1);
    assertThat(good(200, "GET", "/destinations/crm", null).getString("id")).isEqualTo("crm");
    JsonObject route =
        of("{'id':'all','match':'app.#','to':{'subscription':'pos'},'reply':{'windows':2}}");
    assertThat(good(201, "POST", "/routes", route).getString("id")).isEqualTo("all");
    assertThat(good(200, "GET", "/routes", null).getJsonArray("items")).hasSize(1);
    assertThat(good(200, "GET", "/routes/all", null).getString("match")).isEqualTo("app.#");
    assertThat(good(200, "PATCH", "/routes/all", of("{'queue':5}")).getInteger("queue"))
        .isEqualTo(5);
  }

  private void access() throws Exception {
    JsonObject key = good(201, "POST", "/keys", of("{'role':'guest'}"));
    assertThat(good(200, "GET", "/keys", null).getJsonArray("items")).hasSize(1);
    String at = "/keys/" + key.getString("id");
    assertThat(good(200, "GET", at, null).getString("role")).isEqualTo("guest");
    JsonObject rotated = good(200, "POST", at + "/rotate", of("{'overlapSeconds':60}"));
    assertThat(rotated.getString("secret")).isNotEqualTo(key.getString("secret"));
    assertThat(rotated.getString("previousEndsAt")).isNotEmpty();
    assertThat(good(204, "DELETE", at, null)).isEmpty();
    JsonObject token = good(201, "POST", "/client-tokens", of("{'subject':'c','topics':['#']}"));
    assertThat(token.getString("token")).isNotEmpty();
  }

  private void issuers() throws Exception {
    JsonObject idp =
        of(
            "{'id':'idp','issuer':'https://idp.example','defaultRole':'guest',"
                + "'secret':'a secret of 32 bytes at the least','claims':{'role':'realm.role'}}");
    JsonObject made = good(201, "POST", "/issuers", idp);
    assertThat(made.getJsonArray("algorithms")).containsExactly("HS256");
    assertThat(good(200, "GET", "/issuers/idp", null)).isEqualTo(made);
    JsonObject url =
        of("{'jwksUrl':'https://idp.example/keys','secret':null,'algorithms':['RS256']}");
    assertThat(good(200, "PATCH", "/issuers/idp", url).getString("jwksUrl")).isNotEmpty();
    JsonObject second = idp.copy().put("id", "idp2").put("issuer", "https://two.example");
    assertThat(good(201, "POST", "/issuers", second).getString("id")).isEqualTo("idp2");
    String next = good(200, "GET", "/issuers?limit=1", null).getString("next");
    assertThat(good(200, "GET", "/issuers?after=" + next, null).getJsonArray("items")).hasSize(1);
    assertThat(good(204, "DELETE", "/issuers/idp", null)).isEmpty();
  }

  private void roles() throws Exception {
    assertThat(good(200, "GET", "/roles", null).getJsonArray("items")).hasSize(4);
    JsonObject body = of("{'permissions':['keys:read'],'percent':25}");
    JsonObject partly = good(200, "PUT", "/roles/guest", body);
    assertThat(partly.getJsonObject("rollout").getInteger("percent")).isEqualTo(25);
    assertThat(good(200, "GET", "/roles/guest", null)).isEqualTo(partly);
    body.remove("percent");
    assertThat(good(200, "PUT", "/roles/guest", body).getBoolean("builtIn")).isFalse();
    assertThat(good(204, "DELETE", "/roles/guest", null)).isEmpty();
    String told = good(200, "GET", "/audit?limit=500", null).encode();
    assertThat(told).contains("{\"path\":\"roles\",\"after\":{");
  }

  private void quotas() throws Exception {
    JsonObject body =
        of(
            "{'limits':[{'api':'publish','ratePerSecond':1000,'burst':5000},"
                + "{'api':'wxapi.message','ratePerSecond':0.5,'priority':2}],"
                + "'max':{'sessions':1000,'storageMessages':100000,'storageBytes':1000000000,"
                + "'destinations':10,'pendingTimers':1000}}");
    JsonObject put = good(200, "PUT", "/quotas", body);
    assertThat(put.getJsonObject("effective").getJsonArray("limits")).hasSize(2);
    assertThat(good(200, "GET", "/quotas", null)).isEqualTo(put);
    assertThat(good(200, "PUT", "/quotas", put)).as("what was read, given back").isEqualTo(put);
    assertThat(good(200, "GET", "/audit?limit=500", null).encode())
        .contains("{\"path\":\"quotas\",\"after\":{\"limits\":[{");
    JsonObject none = good(200, "PUT", "/quotas", new JsonObject());
    assertThat(none.getJsonArray("limits")).isEmpty();
    assertThat(good(200, "GET", "/usage?from=2026-01-01&to=2026-01-02", null).getJsonArray("items"))
        .hasSize(2);
    assertThat(good(200, "GET", "/usage", null).getJsonArray("items")).hasSize(1);
  }

  private void people() throws Exception {
    JsonObject hers = of("{'topic':'app.a','subject':'o-ada','data':{'openid':'o-ada'}}");
    assertThat(good(202, "POST", "/messages", hers).getString("id")).isNotEmpty();
    String body = call(200, "GET", "/people/o-ada/export", null).body();
    assertThat(last(body).getString("kind")).isEqualTo("end");
    assertThat(body).contains("\"kind\":\"message\"");
    JsonObject erased = good(200, "POST", "/people/o-ada/erase", new JsonObject());
    assertThat(erased.getInteger("messages")).isPositive();
  }

  private void audit() throws Exception {
    JsonObject page = good(200, "GET", "/audit?limit=5&from=2026-01-01T00:00:00Z", null);
    assertThat(page.getJsonArray("items")).hasSize(5);
    // All of them, so that every kind of entry is held against the contract.
    assertThat(
            good(200, "GET", "/audit?limit=500&after=" + page.getString("next"), null)
                .getJsonArray("items"))
        .isNotEmpty();
    assertThat(good(200, "GET", "/audit/verify?limit=2", null).getString("next")).isNotEmpty();
    assertThat(good(200, "GET", "/audit/verify?limit=500", null).getBoolean("ok")).isTrue();
  }

  private void exports() throws Exception {
    String audit = call(200, "GET", "/audit/export", null).body();
    assertThat(audit.lines()).hasSizeGreaterThan(2);
    String all = call(200, "GET", "/export", null).body();
    assertThat(last(all).getInteger("lines")).isEqualTo((int) all.lines().count() - 1);
    assertThat(all).contains("{\"kind\":\"issuer\"", "{\"kind\":\"audit\"");
    assertThat(all).as("the secret of an issuer").doesNotContain("a secret of 32 bytes");
  }

  private void platform(String tenant) throws Exception {
    JsonObject keys = good(200, "GET", "/master-keys", null);
    assertThat(keys.getJsonArray("keys").getJsonObject(0).getBoolean("known")).isTrue();
    assertThat(good(200, "GET", "/usage?limit=1", null).getJsonArray("items")).hasSize(1);
    JsonObject used = good(200, "GET", "/usage?day=2026-01-01", null);
    assertThat(used.encode()).contains("\"tenant\":\"" + tenant + "\",\"day\":\"2026-01-01\"");
    assertThat(good(200, "GET", "/audit?limit=500", null).encode()).contains(tenant);
    assertThat(good(200, "GET", "/audit/verify?limit=500", null).getBoolean("ok")).isTrue();
    assertThat(call(200, "GET", "/audit/export", null).body().lines()).hasSizeGreaterThan(2);
  }

  private static JsonObject last(String lines) {
    return new JsonObject(lines.substring(lines.lastIndexOf('\n', lines.length() - 2) + 1));
  }

  private void messages() throws Exception {
    JsonObject message = of("{'topic':'app.a','subject':'s','data':{'n':1}}");
    JsonObject logged = good(202, "POST", "/messages", message);
    JsonObject delayed = good(202, "POST", "/messages", message.copy().put("delayMs", 3_600_000));
    assertThat(delayed.getString("dueAt")).isNotEmpty();
    assertThat(good(200, "GET", "/messages?topic=app.%23", null).getJsonArray("items"))
        .isNotEmpty();
    assertThat(good(200, "GET", "/messages/" + logged.getString("id"), null).getString("state"))
        .isEqualTo("logged");
    JsonObject send =
        of("{'kind':'template','account':'shop','to':'o-ada','payload':{'template_id':'TM1'}}");
    JsonObject taken = good(202, "POST", "/sends", send.put("delayMs", 3_600_000));
    assertThat(good(200, "GET", "/sends/" + taken.getString("id"), null).getString("state"))
        .isEqualTo("pending");
  }

  private void deadLetters(String tenant) throws Exception {
    DeadLetterStore store = new DeadLetterStore(admin.gateway().redis().link(), Clock.system());
    String[] ids = new String[3];
    for (int i = 0; i < ids.length; i++) {
      LogEntry entry =
          new LogEntry(
              tenant,
              "e1",
              7 + i,
              new EntryHeader(42 + i, "app.x", null, 1, 0),
              "{\"id\":\"42\"}".getBytes(StandardCharsets.UTF_8));
      ids[i] =
          admin
              .gateway()
              .redis()
              .await(store.add(entry, "destination:crm", "worn-out", 8, "no answer"));
    }
    assertThat(good(200, "GET", "/dead-letters?limit=2", null).getString("next")).isNotEmpty();
    assertThat(good(200, "GET", "/dead-letters/" + ids[0], null).getString("id")).isEqualTo(ids[0]);
    assertThat(good(204, "DELETE", "/dead-letters/" + ids[0], null)).isEmpty();
    JsonObject one = new JsonObject().put("ids", new JsonArray().add(ids[1]));
    assertThat(good(202, "POST", "/dead-letters/redrive", one).getInteger("redriven")).isEqualTo(1);
    JsonObject all = of("{'filter':{}}");
    assertThat(good(200, "POST", "/dead-letters/purge", all).getInteger("purged")).isEqualTo(1);
  }

  private void replays() throws Exception {
    JsonObject wish = of("{'consumer':'destination:crm','fromSeq':1}");
    JsonObject counted = good(200, "POST", "/replays", wish.copy().put("dryRun", true));
    assertThat(counted.getBoolean("complete")).isTrue();
    JsonObject first = good(201, "POST", "/replays", wish);
    JsonObject second = good(201, "POST", "/replays", wish);
    String next = good(200, "GET", "/replays?limit=1", null).getString("next");
    JsonArray rest = good(200, "GET", "/replays?after=" + next, null).getJsonArray("items");
    assertThat(rest).hasSize(1);
    assertThat(good(200, "GET", "/replays/" + first.getString("id"), null).getString("consumer"))
        .isEqualTo("destination:crm");
    assertThat(good(204, "DELETE", "/replays/" + second.getString("id"), null)).isEmpty();
  }

  private void ends() throws Exception {
    for (String one : new String[] {"/routes/all", "/destinations/crm", "/accounts/shop"}) {
      assertThat(good(204, "DELETE", one, null)).as(one).isEmpty();
    }
  }
}
