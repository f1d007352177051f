package dev.hongyan.tenant;

import java.time.DateTimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Spans of time as people write them: {@code 72h}, {@code 90s}, {@code 7d}, or ISO 8601. */
final class Spans {
  private Spans() {}

  /** Null when that is no span. */
  static @Nullable Duration parse(String text) {
    try {
      if (text.startsWith("P")) {
        return Duration.parse(text);
      }
      if (text.length() < 2 || text.length() > 12) {
        return null;
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

  static String format(Duration span) {
    long seconds = span.toSeconds();
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
