package dev.hongyan.wechat.document;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;

/** Builds a small JSON object by hand: raw UTF-8, nothing escaped that need not be. */
public final class JsonObject {
  private final JsonBuffer out = new JsonBuffer();
  private boolean empty = true;

  /** Starts an empty object. */
  public JsonObject() {
    out.raw('{');
  }

  /** Adds a string. */
  @CanIgnoreReturnValue
  public JsonObject text(String name, String value) {
    name(name);
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    out.quotedEscaped(utf8, 0, utf8.length);
    return this;
  }

  /** Adds a number. */
  @CanIgnoreReturnValue
  public JsonObject number(String name, long value) {
    name(name);
    byte[] digits = Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    out.raw(digits, 0, digits.length);
    return this;
  }

  /** Adds a value that is JSON already. */
  @CanIgnoreReturnValue
  public JsonObject json(String name, byte[] value) {
    name(name);
    out.raw(value, 0, value.length);
    return this;
  }

  /** Ends the object and returns it as UTF-8. */
  public byte[] toBytes() {
    out.raw('}');
    return out.toBytes();
  }

  private void name(String name) {
    if (!empty) {
      out.raw(',');
    }
    empty = false;
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    out.quotedEscaped(utf8, 0, utf8.length);
    out.raw(':');
  }
}
