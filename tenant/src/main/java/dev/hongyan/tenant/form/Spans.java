package dev.hongyan.tenant.form;

import java.time.DateTimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Spans of time as people write them: {@code 72h}, {@code 90s}, {@code 200ms}, {@code 7d}, or ISO
 * 8601.
 */
public final class Spans {
  private Spans() {}

  /** Null when that is no span. */
  public static @Nullable Duration parse(String text) {
    try {
      if (text.startsWith("P")) {
        return Duration.parse(text);
      }
      if (text.length() < 2 || text.length() > 12) {
        return null;
      }
      if (text.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
      }
      long number = Long.parseLong(text.substring(0, text.length() - 1));
      return switch (text.charAt(text.length() - 1)) {
        case 's' -> Duration.ofSeconds(number);
        case 'm' -> Duration.ofMinutes(number);
        case 'h' -> Duration.ofHours(number);
        case 'd' -> Duration.ofDays(number);
        default -> null;
      };
    } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  /** The shortest way to write it in ms, s, m or h. */
  public static String format(Duration span) {
    if (span.toMillisPart() != 0) {
      return span.toMillis() + "ms";
    }
    long seconds = span.toSeconds();
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
