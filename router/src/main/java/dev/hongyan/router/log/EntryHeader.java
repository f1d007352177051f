package dev.hongyan.router.log;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What routing needs to know of a message without parsing it; kept beside the event in the log.
 *
 * @param id the event's Snowflake id
 * @param topic the event's type
 * @param subject what order is kept by (openid), or null; no control characters
 * @param timeMillis when it was taken, milliseconds since 1970
 * @param deadlineMillis after this it is useless; 0 for never
 */
public record EntryHeader(
    long id, String topic, @Nullable String subject, long timeMillis, long deadlineMillis) {

  public EntryHeader {
    if (topic.indexOf('\n') >= 0 || (subject != null && subject.indexOf('\n') >= 0)) {
      throw new IllegalArgumentException("a line end in a topic or subject");
    }
  }

  /**
   * Lines: id, topic, subject, time, deadline. Later versions add lines; readers ignore those they
   * do not know.
   */
  public byte[] encode() {
    return (id
            + "\n"
            + topic
            + "\n"
            + (subject == null ? "" : subject)
            + "\n"
            + timeMillis
            + "\n"
            + deadlineMillis)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Reads what {@link #encode} wrote. */
  public static EntryHeader decode(String text) {
    int a = text.indexOf('\n');
    int b = text.indexOf('\n', a + 1);
    int c = text.indexOf('\n', b + 1);
    int d = text.indexOf('\n', c + 1);
    int e = text.indexOf('\n', d + 1);
    if (a < 0 || b < 0 || c < 0 || d < 0) {
      throw new IllegalArgumentException("not an entry header");
    }
    return new EntryHeader(
        Long.parseLong(text, 0, a, 10),
        text.substring(a + 1, b),
        b + 1 == c ? null : text.substring(b + 1, c),
        Long.parseLong(text, c + 1, d, 10),
        Long.parseLong(text, d + 1, e < 0 ? text.length() : e, 10));
  }
}
