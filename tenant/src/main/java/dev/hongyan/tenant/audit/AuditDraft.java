package dev.hongyan.tenant.audit;

import io.vertx.core.json.JsonObject;

/**
 * What is known of an act before it is done. Nothing here is a secret or an openid.
 *
 * @param actor {@code operator}, {@code key:<id>}, {@code folder}, {@code system}, …
 * @param action what is done, e.g. {@code PATCH /api/v1/tenants/{tenant}}
 * @param target what it is done to: names and ids
 * @param address from where, without the port; empty when it came from inside
 * @param requestId of the request; empty when there was none
 */
public record AuditDraft(
    String actor, String action, JsonObject target, String address, String requestId) {
  /** By the platform itself. */
  public static final String SYSTEM = "system";

  /** By a file of the watched folder. */
  public static final String FOLDER = "folder";

  /** What no request asked for. */
  public static AuditDraft inside(String actor, String action, JsonObject target) {
    return new AuditDraft(actor, action, target, "", "");
  }

  JsonObject toJson() {
    JsonObject json =
        new JsonObject().put("actor", actor).put("action", action).put("target", target);
    if (!address.isEmpty()) {
      json.put("address", address);
    }
    return requestId.isEmpty() ? json : json.put("requestId", requestId);
  }

  static AuditDraft of(JsonObject json) {
    return new AuditDraft(
        json.getString("actor", ""),
        json.getString("action", ""),
        json.getJsonObject("target", new JsonObject()),
        json.getString("address", ""),
        json.getString("requestId", ""));
  }
}
