package dev.hongyan.token.lease;

import dev.hongyan.token.TokenReply.Refused;
import org.jspecify.annotations.Nullable;

/**
 * How a lease keeps off WeChat while WeChat says no: a rest that doubles with each failure, then a
 * breaker that refuses callers at once, then one try to see whether it is over. Some answers end
 * the trying altogether.
 */
final class Backoff {
  private final LeasePolicy policy;
  private int failures;
  private long restUntil = Long.MIN_VALUE;
  private boolean open;
  private @Nullable FetchFailure last;

  Backoff(LeasePolicy policy) {
    this.policy = policy;
  }

  boolean mayTry(long now) {
    return now >= restUntil;
  }

  /** The earliest time for the next try; {@link TokenLease#NEVER} when there is none. */
  long restUntil() {
    return restUntil;
  }

  boolean isStopped() {
    return restUntil == TokenLease.NEVER;
  }

  /** What a caller without a token is told now; null when waiting makes sense. */
  @Nullable Refused refusal(long now) {
    FetchFailure why = last;
    if (why == null || !open || now >= restUntil) {
      return null;
    }
    return why.refused(isStopped() ? 0 : restUntil - now);
  }

  /**
   * @param random from 0 to 1; takes up to half of a rest away
   */
  void failed(FetchFailure failure, long now, double random) {
    last = failure;
    failures++;
    switch (failure.reaction()) {
      case STOP -> {
        open = true;
        restUntil = TokenLease.NEVER;
      }
      case PAUSE -> {
        open = true;
        restUntil = now + failure.pauseMillis();
      }
      case RETRY -> {
        open = failures >= policy.failuresMax();
        long rest =
            open
                ? Math.min(
                    policy.openMax().toMillis(),
                    doubled(policy.open().toMillis(), failures - policy.failuresMax()))
                : (long) (doubled(policy.retryMin().toMillis(), failures - 1) * (1 - random / 2));
        restUntil = now + rest;
      }
    }
  }

  /** Not WeChat's fault: no try before {@code until}, but callers may wait for it. */
  void rest(long until) {
    open = false;
    restUntil = until;
  }

  void reset() {
    failures = 0;
    open = false;
    restUntil = Long.MIN_VALUE;
    last = null;
  }

  private static long doubled(long first, int times) {
    return first << Math.min(times, 20);
  }
}
