package dev.hongyan.router.destination;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one attempt went.
 *
 * @param outcome what it means for the message
 * @param disable the answer asks that the destination be disabled, whatever becomes of the message
 * @param status of the answer; 0 when there was none
 * @param error a few words without secrets, like {@code timeout} or {@code http 500}; empty when
 *     delivered
 * @param retryAfter what a 429 or 503 asks for, at most 24 h; null when it asks for nothing
 * @param bodyPrefix the first 16 KiB of the answer; not to be changed
 * @param took from the call to the end of the answer
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
public record AttemptResult(
    Outcome outcome,
    boolean disable,
    int status,
    String error,
    @Nullable Duration retryAfter,
    byte[] bodyPrefix,
    Duration took) {
  private static final byte[] NOTHING = {};

  public AttemptResult {
    Objects.requireNonNull(outcome);
  }

  /** An attempt that got no answer. */
  static AttemptResult unanswered(Outcome outcome, String error, Duration took) {
    return new AttemptResult(outcome, false, 0, error, null, NOTHING, took);
  }

  public boolean delivered() {
    return outcome == Outcome.DELIVERED;
  }

  /** Leaves the body out: it is the tenant's. */
  @Override
  public String toString() {
    return outcome
        + " "
        + (error.isEmpty() ? "http " + status : error)
        + " "
        + took.toMillis()
        + "ms";
  }
}
