package dev.hongyan.tenant;

import io.vertx.core.json.JsonObject;

/** JSON merge patch, RFC 7396. */
final class MergePatch {
  private MergePatch() {}

  /** A new object: {@code target} with {@code patch} laid over it; null removes. */
  static JsonObject apply(JsonObject target, JsonObject patch) {
    JsonObject merged = target.copy();
    for (String field : patch.fieldNames()) {
      Object value = patch.getValue(field);
      if (value == null) {
        merged.remove(field);
      } else if (value instanceof JsonObject inner) {
        Object there = merged.getValue(field);
        merged.put(field, apply(there instanceof JsonObject o ? o : new JsonObject(), inner));
      } else {
        merged.put(field, value);
      }
    }
    return merged;
  }
}
