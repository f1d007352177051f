package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutingRoutesTest {
  private static AdminNode admin;
  private String tenant;
  private String destinations;
  private String routes;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  @BeforeEach
  void fresh() {
    tenant = admin.tenant();
    destinations = TENANTS + "/" + tenant + "/destinations";
    routes = TENANTS + "/" + tenant + "/routes";
  }

  private static JsonObject crm() {
    return new JsonObject()
        .put("id", "crm")
        .put("url", "https://crm.example/hook")
        .put("topics", new JsonArray().add("app.#"));
  }

  private static JsonObject toCrm() {
    return new JsonObject()
        .put("id", "scans")
        .put("match", "wx.mp.event.SCAN.#")
        .put("to", new JsonObject().put("destination", "crm"));
  }

  private static JsonObject good(String method, String path, JsonObject body, int status)
      throws Exception {
    HttpResponse<String> answer = admin.call(method, path, OPERATOR, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return status == 204 ? new JsonObject() : json(answer);
  }

  private Destination stored(String id) {
    return admin.gateway().tenants().directory().find(tenant).routing().destinations().get(id);
  }

  @Test
  void aDestinationLivesFromCreateToDelete() throws Exception {
    JsonObject made = good("POST", destinations, crm(), 201);
    String secret = made.getString("secret");
    assertThat(Base64.getDecoder().decode(secret.substring("whsec_".length()))).hasSize(32);
    made.remove("secret");
    assertThat(made)
        .isEqualTo(
            new JsonObject(
                """
                {"id":"crm","url":"https://crm.example/hook","topics":["app.#"],"concurrency":8,
                 "timeoutMs":15000,"retry":["5s","1m","5m","30m","2h","6h","12h"],"enabled":true}
                """));
    JsonObject patched =
        good(
            "PATCH",
            destinations + "/crm",
            new JsonObject()
                .put("timeoutMs", 2_000)
                .put("enabled", false)
                .put("retry", new JsonArray().add("200ms")),
            200);
    assertThat(patched)
        .isEqualTo(
            made.copy()
                .put("timeoutMs", 2_000)
                .put("enabled", false)
                .put("retry", new JsonArray().add("200ms")));
    assertThat(good("GET", destinations + "/crm", null, 200)).isEqualTo(patched);
    assertThat(good("GET", destinations, null, 200).getJsonArray("items"))
        .isEqualTo(new JsonArray().add(patched));
    assertThat(stored("crm").secret().reveal()).isEqualTo(secret);
    assertThat(good("DELETE", destinations + "/crm", null, 204)).isEmpty();
    for (String method : List.of("GET", "DELETE")) {
      assertProblem(admin.call(method, destinations + "/crm", OPERATOR, null), 404, "not-found");
    }
    assertProblem(
        admin.call("PATCH", destinations + "/crm", OPERATOR, new JsonObject()), 404, "not-found");
  }

  @Test
  void aRouteLivesFromCreateToDelete() throws Exception {
    JsonObject unused = good("POST", destinations, crm(), 201);
    JsonObject made = good("POST", routes, toCrm().put("reply", true), 201);
    assertThat(made)
        .isEqualTo(
            toCrm()
                .put("concurrency", 8)
                .put("queue", 1_000)
                .put("priority", 5)
                .put("reply", true));
    JsonObject patched =
        good(
            "PATCH",
            routes + "/scans",
            new JsonObject()
                .putNull("reply")
                .put("to", new JsonObject().putNull("destination").put("subscription", "pos")),
            200);
    assertThat(patched.getJsonObject("to")).isEqualTo(new JsonObject().put("subscription", "pos"));
    assertThat(patched.containsKey("reply")).isFalse();
    assertThat(good("GET", routes + "/scans", null, 200)).isEqualTo(patched);
    assertThat(good("GET", routes, null, 200).getJsonArray("items"))
        .isEqualTo(new JsonArray().add(patched));
    assertThat(good("DELETE", routes + "/scans", null, 204)).isEmpty();
    assertProblem(admin.call("GET", routes + "/scans", OPERATOR, null), 404, "not-found");
    assertProblem(admin.call("DELETE", routes + "/scans", OPERATOR, null), 404, "not-found");
    assertProblem(
        admin.call("PATCH", routes + "/scans", OPERATOR, new JsonObject()), 404, "not-found");
  }

  @Test
  void aRoutesDestinationMustBeThereAndStay() throws Exception {
    JsonObject problem =
        assertProblem(admin.call("POST", routes, OPERATOR, toCrm()), 400, "validation");
    assertThat(fields(problem)).containsExactly("to.destination");
    JsonObject crm = good("POST", destinations, crm(), 201);
    JsonObject route = good("POST", routes, toCrm(), 201);
    assertThat(route.getJsonObject("to").getString("destination")).isEqualTo(crm.getString("id"));
    JsonObject kept =
        assertProblem(admin.call("DELETE", destinations + "/crm", OPERATOR, null), 409, "conflict");
    assertThat(kept.getString("detail")).contains("scans");
    assertProblem(admin.call("POST", destinations, OPERATOR, crm()), 409, "conflict");
    assertProblem(admin.call("POST", routes, OPERATOR, toCrm()), 409, "conflict");
  }

  @Test
  void everyMistakeIsNamedAtOnceAndNoSecretIsRepeated() throws Exception {
    HttpResponse<String> destination =
        admin.call(
            "POST",
            destinations,
            OPERATOR,
            new JsonObject()
                .put("url", "https://user:s3cr3t@crm.example/")
                .put("secret", "whsec_s3cr3t")
                .put("topics", new JsonArray().add("app.#").add("a..b"))
                .put("retry", new JsonArray().add("s3cr3t"))
                .put("colour", "s3cr3t"));
    assertThat(fields(assertProblem(destination, 400, "validation")))
        .containsExactlyInAnyOrder("url", "secret", "topics[1]", "retry[0]", "colour");
    assertThat(destination.body()).doesNotContain("s3cr3t");
    JsonObject route =
        assertProblem(
            admin.call(
                "POST",
                routes,
                OPERATOR,
                new JsonObject()
                    .put("match", "a.b*")
                    .put("to", new JsonObject())
                    .put("reply", "yes")
                    .put("queue", 0)),
            400,
            "validation");
    assertThat(fields(route)).containsExactlyInAnyOrder("match", "to", "reply", "queue");
    assertThat(route.encode()).contains("uses * or # inside a word");
  }

  @Test
  void aSecretIsShownOnceAndNeverAgain() throws Exception {
    String made = good("POST", destinations, crm(), 201).getString("secret");
    JsonObject rotated =
        good(
            "POST",
            destinations + "/crm/rotate-secret",
            new JsonObject().put("overlapSeconds", 3_600),
            200);
    String second = rotated.getString("secret");
    assertThat(second).startsWith("whsec_").isNotEqualTo(made);
    assertThat(rotated.getJsonArray("previousSecrets")).hasSize(1);
    assertThat(stored("crm").secret().reveal()).isEqualTo(second);
    assertThat(stored("crm").previousSecrets())
        .extracting(p -> p.secret().reveal())
        .containsExactly(made);
    for (HttpResponse<String> answer :
        List.of(
            admin.call("GET", destinations, OPERATOR, null),
            admin.call("GET", destinations + "/crm", OPERATOR, null),
            admin.call(
                "PATCH", destinations + "/crm", OPERATOR, new JsonObject().put("timeoutMs", 500)),
            admin.call("GET", TENANTS + "/" + tenant, OPERATOR, null))) {
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).doesNotContain("whsec_");
    }
    String given = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    JsonObject own = good("POST", destinations, crm().put("id", "own").put("secret", given), 201);
    assertThat(own.containsKey("secret")).isFalse();
    assertProblem(
        admin.call(
            "POST",
            destinations + "/crm/rotate-secret",
            OPERATOR,
            new JsonObject().put("overlapSeconds", 2_592_001)),
        400,
        "validation");
  }

  @Test
  void aRepeatedPostIsDoneOnceAndItsSecretIsNotLeftReadable() throws Exception {
    JsonObject body = crm();
    body.remove("id");
    String create = repeated(destinations, body, 201);
    assertThat(good("GET", destinations, null, 200).getJsonArray("items")).hasSize(1);
    String id = new JsonObject(create).getString("id");
    String rotate = repeated(destinations + "/" + id + "/rotate-secret", new JsonObject(), 200);
    assertThat(stored(id).previousSecrets()).hasSize(1);
    JsonObject route = toCrm().put("to", new JsonObject().put("destination", id));
    route.remove("id");
    String unused = repeated(routes, route, 201);
    assertThat(good("GET", routes, null, 200).getJsonArray("items")).hasSize(1);
    int answers = 0;
    for (String key : admin.gateway().redis().keys()) {
      if (key.contains(":answer:") && key.contains(tenant)) {
        answers++;
        assertThat(admin.gateway().redis().send(Command.GET, key).toString())
            .doesNotContain("whsec_")
            .doesNotContain(new JsonObject(create).getString("secret").substring(6))
            .doesNotContain(new JsonObject(rotate).getString("secret").substring(6));
      }
    }
    assertThat(answers).isEqualTo(3);
  }

  private static String repeated(String path, JsonObject body, int status) throws Exception {
    HttpRequest.Builder request =
        admin.request("POST", path, OPERATOR, body).header("Idempotency-Key", "once");
    HttpResponse<String> first = admin.send(request);
    HttpResponse<String> again = admin.send(request);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(status);
    assertThat(again.statusCode()).isEqualTo(status);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.headers().firstValue("idempotency-replayed")).contains("true");
    return first.body();
  }

  @Test
  void listsGoOnWhereNextSays() throws Exception {
    for (int i = 0; i < 5; i++) {
      JsonObject d = good("POST", destinations, crm().put("id", "d" + i), 201);
      JsonObject to = new JsonObject().put("destination", d.getString("id"));
      JsonObject unused = good("POST", routes, toCrm().put("id", "r" + i).put("to", to), 201);
    }
    assertThat(walk(destinations)).containsExactly("d0", "d1", "d2", "d3", "d4");
    assertThat(walk(routes)).containsExactly("r0", "r1", "r2", "r3", "r4");
    assertProblem(admin.call("GET", routes + "?limit=0", OPERATOR, null), 400, "validation");
  }

  private static List<String> walk(String list) throws Exception {
    List<String> ids = new ArrayList<>();
    String next = "";
    while (next != null) {
      JsonObject page = good("GET", list + "?limit=2" + next, null, 200);
      page.getJsonArray("items").forEach(i -> ids.add(((JsonObject) i).getString("id")));
      next = page.getString("next") == null ? null : "&after=" + page.getString("next");
    }
    return ids;
  }

  @Test
  void reviewersReadAndAdminsWriteInTheirTenantOnly() throws Exception {
    JsonObject made = good("POST", destinations, crm(), 201);
    JsonObject route = good("POST", routes, toCrm(), 201);
    String one = destinations + "/" + made.getString("id");
    String oneRoute = routes + "/" + route.getString("id");
    String contributor = admin.key(tenant, "contributor");
    String reviewer = admin.key(tenant, "reviewer");
    String owner = admin.key(tenant, "admin");
    String stranger = admin.key(admin.tenant(), "admin");
    for (String path : List.of(destinations, one, routes, oneRoute)) {
      assertProblem(admin.call("GET", path, contributor, null), 403, "forbidden");
      assertThat(admin.call("GET", path, reviewer, null).statusCode()).isEqualTo(200);
      assertProblem(admin.call("GET", path, stranger, null), 404, "not-found");
      assertProblem(admin.call("GET", path, null, null), 401, "unauthenticated");
    }
    JsonObject empty = new JsonObject();
    for (String path : List.of(destinations, routes, one + "/rotate-secret")) {
      assertProblem(admin.call("POST", path, reviewer, empty), 403, "forbidden");
      assertProblem(admin.call("POST", path, stranger, empty), 404, "not-found");
    }
    for (String path : List.of(oneRoute, one)) {
      assertProblem(admin.call("PATCH", path, reviewer, empty), 403, "forbidden");
      assertProblem(admin.call("DELETE", path, reviewer, null), 403, "forbidden");
      assertProblem(admin.call("DELETE", path, stranger, null), 404, "not-found");
      assertThat(admin.call("PATCH", path, owner, empty).statusCode()).isEqualTo(200);
    }
    assertThat(admin.call("POST", one + "/rotate-secret", owner, empty).statusCode())
        .isEqualTo(200);
    for (String path : List.of(oneRoute, one)) {
      assertThat(admin.call("DELETE", path, owner, null).statusCode()).isEqualTo(204);
    }
    assertThat(admin.call("POST", destinations, owner, crm()).statusCode()).isEqualTo(201);
    assertThat(admin.call("POST", routes, owner, toCrm()).statusCode()).isEqualTo(201);
  }

  @Test
  void aConsumersPlaceIsThereWhenItsCreationIsAnsweredAndGoesWithIt() throws Exception {
    JsonObject destination = good("POST", destinations, crm(), 201);
    JsonObject route = good("POST", routes, toCrm(), 201);
    assertThat(admin.gateway().placesMade())
        .contains(
            tenant + "/destination:" + destination.getString("id"),
            tenant + "/route:" + route.getString("id"));
    assertThat(good("DELETE", routes + "/scans", null, 204)).isEmpty();
    assertThat(good("DELETE", destinations + "/crm", null, 204)).isEmpty();
    assertThat(admin.gateway().placesMade()).noneMatch(p -> p.startsWith(tenant + "/"));
  }

  @Test
  void theContractNamesEveryFieldThatIsShown() throws Exception {
    JsonObject unused = good("POST", destinations, crm(), 201);
    JsonObject rotated = good("POST", destinations + "/crm/rotate-secret", new JsonObject(), 200);
    assertThat(rotated.containsKey("secret")).isTrue();
    Destination off =
        RedisFixture.await(
            admin.gateway().tenants().routing().disableDestination(tenant, "crm", "gone"));
    assertThat(off.enabled()).isFalse();
    JsonObject destination = good("GET", destinations + "/crm", null, 200);
    assertThat(destination.getJsonObject("disabled").getString("reason")).isEqualTo("gone");
    JsonObject route =
        good(
            "POST",
            routes,
            toCrm()
                .put("fallback", true)
                .put("reply", new JsonObject().put("windows", 1))
                .put("filter", "true")
                .put("to", new JsonObject().put("handler", "h").put("with", crm())),
            201);
    JsonNode schemas =
        new YAMLMapper()
            .readTree(admin.call("GET", "/api/v1/openapi.yaml", null, null).body())
            .get("components")
            .get("schemas");
    assertThat(names(schemas.get("Destination").get("properties")))
        .isEqualTo(new TreeSet<>(destination.fieldNames()));
    assertThat(names(schemas.get("Route").get("properties")))
        .isEqualTo(new TreeSet<>(route.fieldNames()));
    assertThat(names(schemas.get("NewRoute").get("properties")))
        .isEqualTo(new TreeSet<>(route.fieldNames()));
    Set<String> written = names(schemas.get("NewDestination").get("properties"));
    assertThat(written).contains("secret").doesNotContain("disabled", "previousSecrets");
    JsonObject on =
        good("PATCH", destinations + "/crm", new JsonObject().put("enabled", true), 200);
    assertThat(on.containsKey("disabled")).isFalse();
  }

  private static Set<String> names(JsonNode properties) {
    Set<String> names = new TreeSet<>();
    properties.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> fields(JsonObject problem) {
    return problem.getJsonArray("errors").stream()
        .map(e -> ((JsonObject) e).getString("field"))
        .toList();
  }
}
