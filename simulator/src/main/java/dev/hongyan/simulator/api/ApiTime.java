package dev.hongyan.simulator.api;

import dev.hongyan.observability.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What time it is for tokens, windows and quotas: that of a clock, plus what a test has moved it
 * ahead. Thread-safe as its clock is.
 */
final class ApiTime {
  /** WeChat's days change at midnight in China, which knows no summer time. */
  private static final long CHINA_MILLIS = Duration.ofHours(8).toMillis();

  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  private final Clock clock;
  private final AtomicLong aheadMillis = new AtomicLong();

  ApiTime(Clock clock) {
    this.clock = clock;
  }

  long nowMillis() {
    return clock.wallMillis() + aheadMillis.get();
  }

  void advance(Duration span) {
    if (span.isNegative()) {
      throw new IllegalArgumentException("time does not go back");
    }
    aheadMillis.addAndGet(span.toMillis());
  }

  static long dayOf(long millis) {
    return Math.floorDiv(millis + CHINA_MILLIS, DAY_MILLIS);
  }

  static long minuteOf(long millis) {
    return Math.floorDiv(millis, 60_000);
  }
}
