package dev.hongyan.observability.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import org.slf4j.event.KeyValuePair;

/**
 * {@code {"ts":"2026-11-21T08:00:00.123Z","level":"info","logger":"…","thread":"…","msg":"…",
 * "tenant":"acme","request_id":"…","trace_id":"…","error":"stack trace"}}; other key-value pairs of
 * the event follow under their own names.
 */
final class JsonEncoder extends LineEncoder {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final Set<String> OURS = Set.of("ts", "level", "logger", "thread", "msg", "error");
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  JsonEncoder(Masking masking) {
    super(masking);
  }

  @Override
  void write(ILoggingEvent event, StringBuilder line) {
    line.append("{\"ts\":\"");
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append("\",\"level\":\"").append(event.getLevel().toString().toLowerCase(Locale.ROOT));
    line.append('"');
    field(line, "logger", event.getLoggerName());
    field(line, "thread", event.getThreadName());
    field(line, "msg", message(event));
    for (KeyValuePair pair : pairs(event)) {
      String name = OURS.contains(pair.key) ? pair.key + "_" : pair.key;
      Object value = pair.value;
      if ((value instanceof Long || value instanceof Integer || value instanceof Boolean)
          && !Masking.isSecretName(name)) {
        quote(line.append(','), name).append(':').append(value);
      } else {
        field(line, name, value(pair));
      }
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      field(line, "error", stack(thrown));
    }
    line.append("}\n");
  }

  private static void field(StringBuilder line, String name, String value) {
    quote(line.append(','), name).append(':');
    quote(line, value);
  }

  @CanIgnoreReturnValue
  private static StringBuilder quote(StringBuilder line, String text) {
    line.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> line.append("\\\"");
        case '\\' -> line.append("\\\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          // Control characters, and the two line separators that break readers of lines; a lone
          // surrogate would not survive UTF-8 either.
          boolean lone =
              Character.isHighSurrogate(c)
                      && (i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1)))
                  || Character.isLowSurrogate(c)
                      && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
          if (c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029' || lone) {
            line.append("\\u")
                .append(HEX[c >> 12])
                .append(HEX[(c >> 8) & 15])
                .append(HEX[(c >> 4) & 15])
                .append(HEX[c & 15]);
          } else {
            line.append(c);
          }
        }
      }
    }
    return line.append('"');
  }
}
