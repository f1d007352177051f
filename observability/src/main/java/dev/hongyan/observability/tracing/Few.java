package dev.hongyan.observability.tracing;

import dev.hongyan.observability.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** So many in a second and no more. Thread-safe. */
final class Few {
  private static final int COUNT_BITS = 24;

  private final int most;
  private final Clock clock;

  /** The second, and how many there were in it. */
  private final AtomicLong state = new AtomicLong();

  /**
   * @param most in a second; below 16 million
   */
  Few(int most, Clock clock) {
    this.most = most;
    this.clock = clock;
  }

  /** Whether this one is among them. */
  boolean take() {
    long second = clock.wallMillis() / 1000;
    while (true) {
      long before = state.get();
      long count = before >>> COUNT_BITS == second ? before & ((1 << COUNT_BITS) - 1) : 0;
      if (count >= most) {
        return false;
      }
      if (state.compareAndSet(before, second << COUNT_BITS | (count + 1))) {
        return true;
      }
    }
  }
}
