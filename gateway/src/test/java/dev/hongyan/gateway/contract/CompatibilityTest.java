package dev.hongyan.gateway.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Who was written against the released contract goes on working. At a release {@code
 * src/test/resources/contract/released.yaml} becomes a copy of {@code openapi.yaml}.
 */
class CompatibilityTest {
  private static final String TENANT = "/api/v1/tenants/{tenant}";

  private static JsonObject released() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            CompatibilityTest.class.getResourceAsStream("/contract/released.yaml"))) {
      return Changes.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** What is found when the present contract is changed like this. */
  private static List<String> after(Consumer<JsonObject> change) {
    JsonObject present = new JsonObject(Contract.ofProgram().json());
    JsonObject changed = present.copy();
    change.accept(changed);
    return Changes.between(present, changed);
  }

  private static JsonObject schema(JsonObject contract, String name) {
    return contract.getJsonObject("components").getJsonObject("schemas").getJsonObject(name);
  }

  private static JsonObject field(JsonObject contract, String schema, String name) {
    return schema(contract, schema).getJsonObject("properties").getJsonObject(name);
  }

  private static JsonObject operation(JsonObject contract, String path, String method) {
    return contract.getJsonObject("paths").getJsonObject(path).getJsonObject(method);
  }

  @Test
  void nothingThatWasReleasedIsBroken() throws Exception {
    assertThat(Changes.between(released(), new JsonObject(Contract.ofProgram().json()))).isEmpty();
  }

  @Test
  void whatIsTakenAwayIsFound() {
    assertThat(after(c -> c.getJsonObject("paths").getJsonObject(TENANT).remove("patch")))
        .containsExactly("PATCH " + TENANT + " is gone");
    assertThat(after(c -> c.getJsonObject("paths").remove(TENANT))).hasSize(3);
    assertThat(after(c -> schema(c, "Tenant").getJsonObject("properties").remove("source")))
        .contains("GET " + TENANT + " 200 source is gone")
        .allMatch(text -> text.endsWith(" source is gone"));
    assertThat(after(c -> schema(c, "NewTenant").getJsonObject("properties").remove("name")))
        .containsExactly("POST /api/v1/tenants body name is gone");
    assertThat(after(c -> operation(c, TENANT, "get").getJsonObject("responses").remove("200")))
        .containsExactly("GET " + TENANT + " 200 is no answer any more");
    assertThat(after(c -> operation(c, "/api/v1/tenants", "get").remove("parameters")))
        .containsExactlyInAnyOrder(
            "GET /api/v1/tenants query after is gone", "GET /api/v1/tenants query limit is gone");
    assertThat(after(c -> schema(c, "Tenant").put("required", new JsonArray().add("id"))))
        .contains("GET " + TENANT + " 200 name may be absent now");
  }

  @Test
  void whatIsAskedForMoreIsFound() {
    String body = "POST /api/v1/tenants body ";
    assertThat(after(c -> schema(c, "NewTenant").getJsonArray("required").add("name")))
        .containsExactly(body + "name is required now");
    assertThat(after(c -> field(c, "NewTenant", "priority").put("maximum", 5)))
        .containsExactly(body + "priority has a lower maximum");
    assertThat(after(c -> field(c, "NewTenant", "priority").put("type", "string")))
        .containsExactly(body + "priority is of type string now");
    assertThat(after(c -> field(c, "NewAccount", "kind").getJsonArray("enum").remove("pay")))
        .containsExactly("POST " + TENANT + "/accounts body kind has fewer choices");
    assertThat(after(c -> operation(c, TENANT, "get").put("x-hongyan-role", "admin")))
        .containsExactly("GET " + TENANT + " needs a higher role");
    JsonObject header =
        new JsonObject()
            .put("name", "X-New")
            .put("in", "header")
            .put("required", true)
            .put("schema", new JsonObject().put("type", "string"));
    assertThat(after(c -> operation(c, TENANT, "get").getJsonArray("parameters").add(header)))
        .containsExactly("GET " + TENANT + " header X-New is new and required");
  }

  @Test
  void whatIsAddedPasses() {
    JsonObject text = new JsonObject().put("type", "string");
    assertThat(
            after(
                c -> {
                  c.getJsonObject("paths")
                      .put(
                          "/api/v1/new",
                          new JsonObject().put("get", operation(c, TENANT, "get").copy()));
                  schema(c, "Tenant").getJsonObject("properties").put("colour", text);
                  schema(c, "NewTenant").getJsonObject("properties").put("colour", text);
                  field(c, "NewAccount", "kind").getJsonArray("enum").add("other");
                  field(c, "NewTenant", "priority").put("maximum", 99);
                  operation(c, TENANT, "get")
                      .getJsonArray("parameters")
                      .add(
                          new JsonObject()
                              .put("name", "colour")
                              .put("in", "query")
                              .put("schema", text));
                }))
        .isEmpty();
  }
}
