package dev.hongyan.gateway.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/**
 * A live WebSocket session as the admin API shows it.
 *
 * @param id the session's name
 * @param client the {@code client} of its hello
 * @param subject the {@code sub} of its token
 * @param node where it is connected
 * @param connectedAtMillis milliseconds since 1970
 * @param subscriptions names of its subscriptions
 */
public record SessionView(
    String id,
    String client,
    String subject,
    String node,
    long connectedAtMillis,
    List<String> subscriptions) {
  public SessionView {
    subscriptions = List.copyOf(subscriptions);
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("id", id)
        .put("client", client)
        .put("subject", subject)
        .put("node", node)
        .put("connectedAt", Instant.ofEpochMilli(connectedAtMillis).toString())
        .put("subscriptions", new JsonArray(subscriptions));
  }
}
