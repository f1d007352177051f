package dev.hongyan.simulator.delivery;

import dev.hongyan.observability.time.Clock;

/**
 * WeChat's protection against a dead receiver: after too many failed pushes in a row the account is
 * left alone for a while, and what would have been pushed meanwhile is lost. Used by one thread.
 */
final class MarkFail {
  private final Clock clock;
  private final int failuresMax;
  private final long spanNanos;
  private int failures;
  private long blockedSince;
  private boolean blocked;

  MarkFail(Clock clock, DeliveryOptions options) {
    this.clock = clock;
    this.failuresMax = options.markFailAfter();
    this.spanNanos = options.markFailSpan().toNanos();
  }

  boolean isBlocked() {
    if (blocked && clock.nanos() - blockedSince >= spanNanos) {
      blocked = false;
      failures = 0;
    }
    return blocked;
  }

  /** Counts the end of a push that was tried. */
  void count(boolean accepted) {
    if (accepted) {
      failures = 0;
    } else if (++failures >= failuresMax && failuresMax > 0 && !blocked) {
      blocked = true;
      blockedSince = clock.nanos();
    }
  }
}
