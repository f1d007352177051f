package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.store.Keys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code ETag}, {@code If-Match} and {@code If-None-Match}. */
class TagsTest {
  private static AdminNode admin;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  private static String tag(HttpResponse<String> answer) {
    return answer.headers().firstValue("etag").orElseThrow();
  }

  private static HttpResponse<String> sent(
      String method, String path, JsonObject body, String header, String value) throws Exception {
    return admin.send(admin.request(method, path, OPERATOR, body).header(header, value));
  }

  /** A tenant with one of each; the paths of all four. */
  private static List<String> resources() throws Exception {
    String one = TENANTS + "/" + admin.tenant();
    JsonObject account = new JsonObject().put("id", "shop").put("kind", "mp").put("appId", "wx1");
    JsonObject crm = new JsonObject().put("id", "crm").put("url", "https://crm.example/hook");
    JsonObject route =
        new JsonObject()
            .put("id", "all")
            .put("match", "app.#")
            .put("to", new JsonObject().put("destination", "crm"));
    assertThat(admin.call("POST", one + "/accounts", OPERATOR, account).statusCode())
        .isEqualTo(201);
    assertThat(admin.call("POST", one + "/destinations", OPERATOR, crm).statusCode())
        .isEqualTo(201);
    assertThat(admin.call("POST", one + "/routes", OPERATOR, route).statusCode()).isEqualTo(201);
    return List.of(one + "/routes/all", one + "/destinations/crm", one + "/accounts/shop", one);
  }

  /** A change that is seen. */
  private static JsonObject change(String path, int n) {
    if (path.contains("/routes/")) {
      return new JsonObject().put("queue", 100 + n);
    }
    if (path.contains("/destinations/")) {
      return new JsonObject().put("timeoutMs", 1_000 + n);
    }
    return path.contains("/accounts/")
        ? new JsonObject().put("apiPaths", new JsonArray().add("/cgi-bin/n" + n))
        : new JsonObject().put("name", "N" + n);
  }

  @Test
  void whoKnowsTheAnswerGets304UntilItChanges() throws Exception {
    for (String path : resources()) {
      String tag = tag(admin.call("GET", path, OPERATOR, null));
      assertThat(tag).matches("\"[A-Za-z0-9_-]{22}\"");
      for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
        HttpResponse<String> same = sent("GET", path, null, "If-None-Match", known);
        assertThat(same.statusCode()).as(path).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(tag(same)).isEqualTo(tag);
      }
      HttpResponse<String> changed = admin.call("PATCH", path, OPERATOR, change(path, 1));
      assertThat(tag(changed)).isNotEqualTo(tag);
      HttpResponse<String> read = sent("GET", path, null, "If-None-Match", tag);
      assertThat(read.statusCode()).isEqualTo(200);
      assertThat(tag(read)).isEqualTo(tag(changed));
    }
  }

  @Test
  void aChangeOfWhatWasChangedMeanwhileIsRefused() throws Exception {
    for (String path : resources()) {
      String first = tag(admin.call("GET", path, OPERATOR, null));
      HttpResponse<String> changed = sent("PATCH", path, change(path, 1), "If-Match", first);
      assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
      for (String stale : List.of(first, "W/" + tag(changed), "\"made-up\"")) {
        assertProblem(
            sent("PATCH", path, change(path, 2), "If-Match", stale), 412, "precondition-failed");
        assertProblem(sent("DELETE", path, null, "If-Match", stale), 412, "precondition-failed");
      }
      assertThat(tag(admin.call("GET", path, OPERATOR, null))).isEqualTo(tag(changed));
      assertThat(sent("DELETE", path, null, "If-Match", tag(changed)).statusCode()).isEqualTo(204);
      assertProblem(sent("DELETE", path, null, "If-Match", "*"), 404, "not-found");
    }
  }

  @Test
  void ofManyWhoChangeTheSameVersionOneWins() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(8);
    try {
      for (String path : resources()) {
        String tag = tag(admin.call("GET", path, OPERATOR, null));
        List<Callable<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          JsonObject change = change(path, i + 1);
          calls.add(() -> sent("PATCH", path, change, "If-Match", tag));
        }
        List<Integer> answers = new ArrayList<>();
        for (Future<HttpResponse<String>> each : callers.invokeAll(calls)) {
          answers.add(each.get().statusCode());
        }
        assertThat(answers).as(path).containsOnly(200, 412).containsOnlyOnce(200);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void ifMatchIsNotIgnoredWhereItIsNotTaken() throws Exception {
    String keys = TENANTS + "/" + admin.tenant() + "/keys/k-1";
    JsonObject problem =
        assertProblem(sent("DELETE", keys, null, "If-Match", "\"x\""), 400, "validation");
    assertThat(problem.getJsonArray("errors").getJsonObject(0).getString("field"))
        .isEqualTo("If-Match");
  }

  @Test
  void parametersAndFieldsAreNamedTogether() throws Exception {
    HttpResponse<String> answer =
        sent("POST", TENANTS, new JsonObject().put("id", "No"), "Idempotency-Key", "k".repeat(256));
    JsonObject problem = assertProblem(answer, 400, "validation");
    assertThat(
            problem.getJsonArray("errors").stream().map(e -> ((JsonObject) e).getString("field")))
        .containsExactlyInAnyOrder("id", "Idempotency-Key");
  }

  @Test
  void theContractIsThereAsYamlAndAsJson() throws Exception {
    HttpResponse<String> asJson = admin.call("GET", "/api/v1/openapi.json", null, null);
    assertThat(asJson.headers().firstValue("content-type")).contains("application/json");
    assertThat(json(asJson).getString("openapi")).startsWith("3.1");
    HttpResponse<String> asYaml = admin.call("GET", "/api/v1/openapi.yaml", null, null);
    assertThat(asYaml.body()).startsWith("openapi: 3.1");
    assertThat(sent("GET", "/api/v1/openapi.yaml", null, "If-None-Match", tag(asYaml)).statusCode())
        .isEqualTo(304);
  }

  @Test
  void aRepeatOfWhatIsUnderWayIsToldToComeBack() throws Exception {
    String tenant = admin.tenant();
    String path = TENANTS + "/" + tenant + "/client-tokens";
    JsonObject body = new JsonObject().put("subject", "c");
    String name = Idempotency.sha256("operator\nPOST " + path + "\nk-1");
    // As a node leaves it that is in the middle of the first request.
    assertThat(
            admin
                .gateway()
                .redis()
                .await(
                    admin
                        .gateway()
                        .redis()
                        .link()
                        .send(
                            Request.cmd(Command.SET)
                                .arg(Keys.of(tenant).answer(name))
                                .arg(Idempotency.sha256(body.encode()) + "-"))))
        .hasToString("OK");
    HttpResponse<String> answer = sent("POST", path, body, "Idempotency-Key", "k-1");
    assertProblem(answer, 409, "conflict");
    assertThat(answer.headers().firstValue("retry-after")).contains("1");
  }
}
