package dev.hongyan.gateway.publish;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.router.schedule.DelayStore;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * When a message comes and how long it is of use.
 *
 * @param dueMillis when it goes into the log, ms since 1970; 0 for at once
 * @param deadlineMillis after this it is useless, ms since 1970; 0 for never
 */
public record Timing(long dueMillis, long deadlineMillis) {
  /** At once, and for as long as the log keeps it. */
  public static final Timing NOW = new Timing(0, 0);

  /** The longest {@code ttlMs}. */
  public static final Duration TTL_MAX = Duration.ofDays(366);

  private static final long DELAY_MAX_MILLIS = DelayStore.DELAY_MAX.toMillis();

  /** Whether it does not go into the log at once. */
  public boolean isLater() {
    return dueMillis > 0;
  }

  /**
   * Reads {@code delayMs} (0 to 366 days) or {@code at} (RFC 3339, at most 366 days from now; what
   * is past is due at once), and {@code ttlMs} (1 to 366 days, from now, longer than the delay).
   *
   * @param wrong told of each field that is not good, and how; then what is returned means nothing
   */
  public static Timing read(
      @Nullable JsonNode delayMs,
      @Nullable JsonNode at,
      @Nullable JsonNode ttlMs,
      long nowMillis,
      BiConsumer<String, String> wrong) {
    long delay = number("delayMs", delayMs, 0, DELAY_MAX_MILLIS, 0, wrong);
    long due = delay > 0 ? nowMillis + delay : 0;
    if (at != null && isThere(at)) {
      due = moment(at, nowMillis, wrong);
      if (delayMs != null && isThere(delayMs)) {
        wrong.accept("at", "does not go together with delayMs");
      }
    }
    long ttl = number("ttlMs", ttlMs, 1, TTL_MAX.toMillis(), 0, wrong);
    if (ttl > 0 && nowMillis + ttl <= due) {
      wrong.accept("ttlMs", "counts from publishing, so it must be longer than the delay");
    }
    return new Timing(due, ttl > 0 ? nowMillis + ttl : 0);
  }

  private static boolean isThere(JsonNode value) {
    return !value.isNull() && !value.isMissingNode();
  }

  private static long number(
      String field,
      @Nullable JsonNode value,
      long least,
      long most,
      long absent,
      BiConsumer<String, String> wrong) {
    if (value == null || !isThere(value)) {
      return absent;
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      long n = value.longValue();
      if (n >= least && n <= most) {
        return n;
      }
    }
    wrong.accept(field, "must be a whole number of milliseconds, " + least + " to " + most);
    return absent;
  }

  private static long moment(JsonNode at, long nowMillis, BiConsumer<String, String> wrong) {
    try {
      Instant when = OffsetDateTime.parse(at.isTextual() ? at.textValue() : "").toInstant();
      if (!when.isAfter(Instant.ofEpochMilli(nowMillis + DELAY_MAX_MILLIS))) {
        return Math.max(nowMillis, when.isBefore(Instant.EPOCH) ? 0 : when.toEpochMilli());
      }
      wrong.accept("at", "must be at most " + DelayStore.DELAY_MAX.toDays() + " days from now");
    } catch (DateTimeParseException e) {
      wrong.accept("at", "must be a time like 2026-12-31T09:00:00+08:00");
    }
    return nowMillis;
  }
}
