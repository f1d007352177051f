package dev.hongyan.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A CloudEvent 1.0.
 *
 * @param attributes parsed JSON: maps, lists, strings, booleans, {@code Long}, {@code Double},
 *     null; not to be changed
 * @param json the same as the server sent it, to the byte
 */
public record CloudEvent(Map<String, Object> attributes, String json) {
  public String id() {
    return Json.string(attributes, "id", "");
  }

  public String type() {
    return Json.string(attributes, "type", "");
  }

  public @Nullable String subject() {
    return attributes.get("subject") instanceof String subject ? subject : null;
  }

  public @Nullable Object data() {
    return attributes.get("data");
  }
}
