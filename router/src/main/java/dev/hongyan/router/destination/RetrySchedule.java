package dev.hongyan.router.destination;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * When a failed message is tried again. Pure: time and randomness are handed in.
 *
 * <p>A step of the schedule is stretched or shortened by up to 20 %, so that messages that failed
 * together do not come back together. After {@link Outcome#RETRY_SLOWLY} the wait is the longest of
 * that, 60 s and what the answer asked for.
 */
public final class RetrySchedule {
  private static final long SLOWLY_MILLIS = 60_000;
  private static final double JITTER = 0.2;

  private RetrySchedule() {}

  /** What comes next. */
  public sealed interface Next permits After, WornOut, Expired {}

  /** Another attempt, that long from now. */
  public record After(Duration delay) implements Next {}

  /** All attempts are used up: dead. */
  public record WornOut() implements Next {}

  /** The next attempt would come when the message is useless: expired. */
  public record Expired() implements Next {}

  /**
   * After the {@code failures}th failed attempt of a series.
   *
   * @param steps waits before the second, third … attempt
   * @param failures attempts that failed so far, at least 1; those held back by the breaker are
   *     none
   * @param result of the last one
   * @param nowMillis wall clock
   * @param deadlineMillis when the message becomes useless; 0 for never
   */
  public static Next next(
      List<Duration> steps,
      int failures,
      AttemptResult result,
      long nowMillis,
      long deadlineMillis,
      RandomGenerator random) {
    if (deadlineMillis != 0 && nowMillis >= deadlineMillis) {
      return new Expired();
    }
    if (failures > steps.size()) {
      return new WornOut();
    }
    long wait = jittered(steps.get(failures - 1).toMillis(), random);
    if (result.outcome() == Outcome.RETRY_SLOWLY) {
      Duration asked = result.retryAfter();
      wait = Math.max(wait, Math.max(SLOWLY_MILLIS, asked == null ? 0 : asked.toMillis()));
    }
    if (deadlineMillis != 0 && nowMillis + wait >= deadlineMillis) {
      return new Expired();
    }
    return new After(Duration.ofMillis(wait));
  }

  static long jittered(long millis, RandomGenerator random) {
    return Math.round(millis * (1 - JITTER + 2 * JITTER * random.nextDouble()));
  }
}
