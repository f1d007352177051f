package dev.hongyan.observability.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.slf4j.event.KeyValuePair;

/** {@code 08:00:00.123 INFO HttpVerticle listening port=8080}, for a person at a terminal. */
final class TextEncoder extends LineEncoder {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  private final boolean colours;

  TextEncoder(Masking masking, boolean colours) {
    super(masking);
    this.colours = colours;
  }

  @Override
  void write(ILoggingEvent event, StringBuilder line) {
    dim(line, TIME.format(Instant.ofEpochMilli(event.getTimeStamp()))).append(' ');
    level(line, event.getLevel()).append(' ');
    String logger = event.getLoggerName();
    dim(line, logger.substring(logger.lastIndexOf('.') + 1)).append("  ");
    appendPrintable(line, message(event));
    for (KeyValuePair pair : pairs(event)) {
      dim(line.append("  "), pair.key + "=");
      appendPrintable(line, value(pair));
    }
    line.append('\n');
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      line.append(stack(thrown));
    }
  }

  private StringBuilder level(StringBuilder line, Level level) {
    String word = level.toString();
    if (colours) {
      String colour =
          switch (level.toInt()) {
            case Level.ERROR_INT -> "\u001b[31m";
            case Level.WARN_INT -> "\u001b[33m";
            case Level.INFO_INT -> "\u001b[32m";
            default -> DIM;
          };
      line.append(colour).append(word).append(PLAIN);
    } else {
      line.append(word);
    }
    return word.length() == 4 ? line.append(' ') : line;
  }

  @CanIgnoreReturnValue
  private StringBuilder dim(StringBuilder line, String text) {
    return colours ? line.append(DIM).append(text).append(PLAIN) : line.append(text);
  }

  /** What came from outside cannot forge a line or move the cursor. */
  private static void appendPrintable(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      line.append(c == '\n' || c == '\r' || c == '\t' ? ' ' : Character.isISOControl(c) ? '?' : c);
    }
  }
}
