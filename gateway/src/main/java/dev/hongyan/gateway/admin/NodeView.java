package dev.hongyan.gateway.admin;

import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * A live node as the admin API shows it.
 *
 * @param id the node's name
 * @param startedAtMillis milliseconds since 1970; 0 when it is not this node and so not known
 * @param slots how many of the tenants' slots it owns, where known
 * @param version of the program
 */
public record NodeView(String id, long startedAtMillis, int slots, String version) {
  JsonObject toJson() {
    JsonObject out = new JsonObject().put("id", id);
    if (startedAtMillis > 0) {
      out.put("startedAt", Instant.ofEpochMilli(startedAtMillis).toString())
          .put("version", version);
    }
    return out;
  }
}
