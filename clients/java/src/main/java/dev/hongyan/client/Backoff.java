package dev.hongyan.client;

import java.util.function.DoubleSupplier;

/**
 * Waits that grow by 1.8 from 1 s to 60 s, each drawn evenly from zero up to its ceiling (full
 * jitter).
 */
final class Backoff {
  private static final double FIRST_MILLIS = 1_000;
  private static final double MAX_MILLIS = 60_000;

  private final DoubleSupplier random;
  private double ceiling = FIRST_MILLIS;
  private boolean hurried;

  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  long nextMillis() {
    double drawn = random.getAsDouble() * ceiling;
    ceiling = Math.min(MAX_MILLIS, ceiling * 1.8);
    return Math.round(drawn);
  }

  /** When the other side asked us back at once: 0–1 s, but only once before health returns. */
  long hurryMillis() {
    if (hurried) {
      return nextMillis();
    }
    hurried = true;
    return Math.round(random.getAsDouble() * FIRST_MILLIS);
  }

  void reset() {
    ceiling = FIRST_MILLIS;
    hurried = false;
  }
}
