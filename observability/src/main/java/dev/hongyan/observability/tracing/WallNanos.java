package dev.hongyan.observability.tracing;

import dev.hongyan.observability.time.Clock;

/**
 * Moments in nanoseconds since 1970. The wall clock tells milliseconds, which is all too coarse for
 * spans; how far the finer clock is from it is learned by looking again and again.
 */
final class WallNanos {
  /** By more than this only a clock that was set is off. */
  private static final long SET_NANOS = 2_000_000;

  private final Clock clock;
  private volatile long apart;

  WallNanos(Clock clock) {
    this.clock = clock;
    this.apart = look();
  }

  /** The wall clock rounds down, so the largest of many looks is the best. One thread's. */
  void lookAgain() {
    long now = look();
    long before = apart;
    if (now > before || before - now > SET_NANOS) {
      apart = now;
    }
  }

  /** The moment of a {@link Clock#nanos()}. */
  long at(long nanos) {
    return nanos + apart;
  }

  private long look() {
    return clock.wallMillis() * 1_000_000 - clock.nanos();
  }
}
