package dev.hongyan.gateway.admin;

import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * A live node as the admin API shows it.
 *
 * @param id the node's name
 * @param startedAtMillis milliseconds since 1970
 * @param slots how many of the tenants' slots it owns
 * @param version of the program
 */
public record NodeView(String id, long startedAtMillis, int slots, String version) {
  JsonObject toJson() {
    return new JsonObject()
        .put("id", id)
        .put("startedAt", Instant.ofEpochMilli(startedAtMillis).toString())
        .put("slots", slots)
        .put("version", version);
  }
}
