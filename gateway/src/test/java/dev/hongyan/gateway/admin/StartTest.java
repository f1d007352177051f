package dev.hongyan.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.gateway.contract.Contract;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A node whose operations are not those of the contract does not start. */
class StartTest {
  private static final String CONTRACT = Contract.ofProgram().yaml().toString();

  private static AdminNode admin;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  private static void startWith(String contract) {
    assertThat(contract).isNotEqualTo(CONTRACT);
    AdminRoutes unused = admin.another(Contract.read(Buffer.buffer(contract)));
  }

  @Test
  void anOperationThatOnlyTheContractKnowsKeepsANodeFromStarting() {
    String more =
        """
          /api/v1/more:
            get:
              operationId: more
              x-hongyan-role: guest
              responses: {}
        components:
        """;
    assertThatThrownBy(() -> startWith(CONTRACT.replaceFirst("(?m)^components:\\n", more)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("only described: [GET /api/v1/more]");
  }

  @Test
  void anOperationThatOnlyTheCodeKnowsKeepsANodeFromStarting() {
    assertThatThrownBy(
            () -> startWith(CONTRACT.replaceFirst("  /api/v1/nodes:", "  /api/v1/knots:")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("GET /api/v1/nodes is served, but not in the contract");
  }

  @Test
  void anotherRoleThanTheContractsKeepsANodeFromStarting() {
    assertThatThrownBy(
            () ->
                startWith(
                    CONTRACT.replaceFirst(
                        "operationId: createTenant\\n      x-hongyan-role: operator",
                        "operationId: createTenant\n      x-hongyan-role: guest")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("POST /api/v1/tenants needs the role OPERATOR");
  }

  @Test
  void theDocumentationIsServedFromHereAndAsksNobodyElse() throws Exception {
    HttpResponse<String> page = admin.call("GET", "/api/docs/", null, null);
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self';")
        .doesNotContain("http");
    assertThat(page.body()).doesNotContain("http:", "https:", "//");
    for (String file : List.of("docs.js", "docs.css", "swagger-ui.css", "swagger-ui-bundle.js")) {
      assertThat(page.body()).contains('"' + file + '"');
      HttpResponse<String> answer = admin.call("GET", "/api/docs/" + file, null, null);
      assertThat(answer.statusCode()).as(file).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
      String tag = answer.headers().firstValue("etag").orElseThrow();
      assertThat(
              admin
                  .send(
                      admin
                          .request("GET", "/api/docs/" + file, null, null)
                          .header("If-None-Match", tag))
                  .statusCode())
          .isEqualTo(304);
    }
    assertThat(admin.call("GET", "/api/docs/../../secret", null, null).statusCode()).isEqualTo(404);
    assertThat(admin.call("GET", "/api/docs", null, null).headers().firstValue("location"))
        .contains("/api/docs/");
    assertThat(admin.call("GET", "/api/v1/openapi.json", null, null).body())
        .startsWith("{\"openapi\":\"3.1");
  }
}
