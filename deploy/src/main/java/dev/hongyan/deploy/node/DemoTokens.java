package dev.hongyan.deploy.node;

import dev.hongyan.tenant.Tenant;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/** Tokens for every tenant, for the page of the demo. */
final class DemoTokens {
  private DemoTokens() {}

  static JsonObject of(ControlVerticle c) {
    JsonArray tenants = new JsonArray();
    for (Tenant t : c.directory().all()) {
      String token =
          c.tokens()
              .mint(t.id(), "demo-page", List.of("#"), List.of("app.#"), Duration.ofHours(12))
              .reveal();
      tenants.add(new JsonObject().put("id", t.id()).put("name", t.name()).put("token", token));
    }
    return new JsonObject().put("tenants", tenants);
  }
}
