package dev.hongyan.router.destination;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the meaning of an answer from its status and headers. */
final class Answers {
  static final Duration RETRY_AFTER_MAX = Duration.ofHours(24);

  private static final String RETRY_AFTER = "retry-after";
  private static final String RETRY = "x-hongyan-retry";
  private static final String DISABLE = "x-hongyan-disable";

  private Answers() {}

  /**
   * @param header gives the first value of the header of that (lower-case) name, or null
   * @param wallMillis now, for a {@code Retry-After} that names a date
   */
  static AttemptResult read(
      int status,
      Function<String, @Nullable String> header,
      byte[] bodyPrefix,
      Duration took,
      long wallMillis) {
    Outcome outcome = outcome(status, header);
    return new AttemptResult(
        outcome,
        "true".equalsIgnoreCase(header.apply(DISABLE)),
        status,
        outcome == Outcome.DELIVERED ? "" : "http " + status,
        outcome == Outcome.RETRY_SLOWLY ? retryAfter(header.apply(RETRY_AFTER), wallMillis) : null,
        bodyPrefix,
        took);
  }

  private static Outcome outcome(int status, Function<String, @Nullable String> header) {
    if (status >= 200 && status < 300) {
      return Outcome.DELIVERED;
    }
    if (status == 410) {
      return Outcome.GONE;
    }
    if ("never".equalsIgnoreCase(header.apply(RETRY))) {
      return Outcome.NEVER;
    }
    return status == 429 || status == 503 ? Outcome.RETRY_SLOWLY : Outcome.RETRY;
  }

  /** Seconds or an HTTP date (RFC 9110 §10.2.3); null when it is neither. */
  static @Nullable Duration retryAfter(@Nullable String text, long wallMillis) {
    if (text == null || text.isBlank()) {
      return null;
    }
    String value = text.strip();
    if (value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      // More digits than a day has seconds are just "long".
      return value.length() > 9 ? RETRY_AFTER_MAX : bounded(Long.parseLong(value) * 1000);
    }
    try {
      ZonedDateTime at =
          ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT));
      return bounded(at.toInstant().toEpochMilli() - wallMillis);
    } catch (DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  private static Duration bounded(long millis) {
    return Duration.ofMillis(Math.max(0, Math.min(millis, RETRY_AFTER_MAX.toMillis())));
  }
}
