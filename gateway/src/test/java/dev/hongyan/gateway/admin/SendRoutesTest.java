package dev.hongyan.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SendRoutesTest {
  private static AdminNode node;

  @BeforeAll
  static void start() {
    node = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String sends(String tenant) {
    return AdminNode.TENANTS + "/" + tenant + "/sends";
  }

  private static JsonObject order() {
    return new JsonObject()
        .put("kind", "template")
        .put("account", "shop")
        .put("to", "o-ada")
        .put("payload", new JsonObject().put("template_id", "TM1"));
  }

  private static String shop() {
    String tenant = node.tenant();
    RedisFixture.await(
        node.gateway()
            .tenants()
            .createAccount(
                tenant,
                new JsonObject()
                    .put("id", "shop")
                    .put("kind", "mp")
                    .put("appId", "wx1")
                    .put("token", "t")
                    .put("mode", "plain")));
    return tenant;
  }

  @Test
  void onlyATenantThatSendsHasAConsumerForIt() throws Exception {
    String sending = shop();
    String silent = shop();
    assertThat(node.gateway().placesMade()).doesNotContain(sending + "/sends");
    JsonObject taken =
        AdminNode.json(node.call("POST", sends(sending), AdminNode.OPERATOR, order()));
    assertThat(node.gateway().placesMade())
        .contains(sending + "/sends")
        .doesNotContain(silent + "/sends");
    assertThat(node.gateway().tenants().directory().find(sending).consumers())
        .isEqualTo(Set.of("sends"));
    assertThat(node.gateway().tenants().directory().find(silent).consumers()).isEmpty();

    JsonObject read =
        AdminNode.json(
            node.call(
                "GET", sends(sending) + "/" + taken.getString("id"), AdminNode.OPERATOR, null));
    assertThat(read.getString("state")).isEqualTo("pending");
    assertThat(read.getString("to")).isEqualTo("o-ada");
    assertThat(read.getJsonArray("attempts")).isEmpty();
    AdminNode.assertProblem(
        node.call("GET", sends(silent) + "/" + taken.getString("id"), AdminNode.OPERATOR, null),
        404,
        "not-found");
  }

  @Test
  void everyBadFieldIsNamedAndNothingBegins() throws Exception {
    String tenant = shop();
    JsonObject first =
        AdminNode.assertProblem(
            node.call(
                "POST",
                sends(tenant),
                AdminNode.OPERATOR,
                order()
                    .put("kind", "telegram")
                    .put("delayMs", 5)
                    .put("at", "2030-01-01T00:00:00Z")
                    .put("ttlMs", 0)
                    .put("colour", "red")),
            400,
            "validation");
    assertThat(fields(first)).contains("kind", "at", "ttlMs", "colour");
    JsonObject second =
        AdminNode.assertProblem(
            node.call(
                "POST",
                sends(tenant),
                AdminNode.OPERATOR,
                order()
                    .put("kind", "subscribe")
                    .put("to", "o ada")
                    .put("payload", new JsonObject().put("touser", "o-bob"))),
            400,
            "validation");
    assertThat(fields(second)).contains("kind", "to", "payload.touser", "payload.template_id");
    assertThat(node.gateway().placesMade()).doesNotContain(tenant + "/sends");
  }

  @Test
  void aGuestMaySendNothing() throws Exception {
    String tenant = shop();
    AdminNode.assertProblem(
        node.call("POST", sends(tenant), node.key(tenant, "guest"), order()), 403, "forbidden");
  }

  private static List<String> fields(JsonObject problem) {
    return problem.getJsonArray("errors").stream()
        .map(e -> ((JsonObject) e).getString("field"))
        .toList();
  }
}
