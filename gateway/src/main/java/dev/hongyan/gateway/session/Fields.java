package dev.hongyan.gateway.session;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Reads single fields of what a client sent. */
final class Fields {
  static final int NAME_MAX = 128;

  private Fields() {}

  static @Nullable String text(JsonNode f, String name) {
    JsonNode v = f.get(name);
    return v != null && v.isTextual() ? v.textValue() : null;
  }

  /**
   * The number, {@code fallback} when absent, at most {@code most}; -1 when it is none or below
   * {@code least}.
   */
  static int number(JsonNode f, String name, int fallback, int least, int most) {
    JsonNode v = f.get(name);
    if (v == null || v.isNull()) {
      return fallback;
    }
    return v.isIntegralNumber() && v.canConvertToLong() && v.longValue() >= least
        ? (int) Math.min(v.longValue(), most)
        : -1;
  }

  /**
   * Names go into frames and keys as they are: 1 to {@value #NAME_MAX} characters, no blank, no
   * control character, no quote, no backslash.
   */
  static boolean isName(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > NAME_MAX) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' '
          || c == '"'
          || c == '\\'
          || c == 0x7f
          || Character.isWhitespace(c)
          || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
