package dev.hongyan.router.envelope;

import dev.hongyan.observability.tracing.TraceHeader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Finds the trace context in an event without parsing it. */
public final class Traceparent {
  /**
   * Quotes inside of JSON strings are escaped, so these bytes are the attribute and nothing else,
   * as long as they come before {@code data}, as our writer has it.
   */
  private static final byte[] NAME = "\"traceparent\":\"".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] DATA = "\"data\":".getBytes(StandardCharsets.US_ASCII);

  private Traceparent() {}

  /** The header of the step that made the event; null when it has none. */
  public static @Nullable String in(byte[] event) {
    for (int i = 0; i + NAME.length + TraceHeader.LENGTH < event.length; i++) {
      if (event[i] == '"') {
        if (startsAt(event, i, NAME)) {
          String found =
              new String(event, i + NAME.length, TraceHeader.LENGTH, StandardCharsets.ISO_8859_1);
          return TraceHeader.isValid(found) ? found : null;
        }
        if (startsAt(event, i, DATA)) {
          return null;
        }
      }
    }
    return null;
  }

  private static boolean startsAt(byte[] event, int at, byte[] what) {
    if (at + what.length > event.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (event[at + i] != what[i]) {
        return false;
      }
    }
    return true;
  }
}
