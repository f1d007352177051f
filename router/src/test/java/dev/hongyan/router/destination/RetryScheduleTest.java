package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.routing.Destination;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RetryScheduleTest {
  private static final List<Duration> STEPS = Destination.DEFAULT_RETRY;
  private static final long NOW = 1_700_000_000_000L;

  @Property
  void aWaitIsItsStepGiveOrTakeAFifth(
      @ForAll @IntRange(min = 1, max = 7) int failures, @ForAll long seed) {
    long wait = wait(failures, Deliveries.result(Outcome.RETRY), seed);

    long step = STEPS.get(failures - 1).toMillis();
    assertThat(wait).isBetween(step * 8 / 10, step * 12 / 10);
  }

  @Property
  void slowlyIsTheLongestOfStepAMinuteAndWhatTheAnswerAsks(
      @ForAll @IntRange(min = 1, max = 7) int failures,
      @ForAll @LongRange(min = 0, max = 86_400_000) long asked,
      @ForAll long seed) {
    AttemptResult slow =
        new AttemptResult(
            Outcome.RETRY_SLOWLY,
            false,
            429,
            "http 429",
            Duration.ofMillis(asked),
            new byte[0],
            Duration.ZERO);
    long step = wait(failures, Deliveries.result(Outcome.RETRY), seed);

    assertThat(wait(failures, slow, seed)).isEqualTo(Math.max(step, Math.max(60_000, asked)));
  }

  @Property
  void nothingIsEverTriedAtOrPastTheDeadline(
      @ForAll @IntRange(min = 1, max = 9) int failures,
      @ForAll @LongRange(min = -1_000, max = 90_000_000) long left,
      @ForAll long seed) {
    RetrySchedule.Next next =
        RetrySchedule.next(
            STEPS, failures, Deliveries.result(Outcome.RETRY), NOW, NOW + left, new Random(seed));

    if (next instanceof RetrySchedule.After after) {
      assertThat(after.delay().toMillis()).isLessThan(left);
    } else if (next instanceof RetrySchedule.WornOut) {
      assertThat(failures).isGreaterThan(STEPS.size());
    } else if (failures <= STEPS.size()) {
      assertThat(left).isLessThanOrEqualTo(STEPS.get(failures - 1).toMillis() * 12 / 10);
    }
  }

  @Test
  void afterTheLastStepItIsWornOut() {
    assertThat(next(8)).isInstanceOf(RetrySchedule.WornOut.class);
    assertThat(next(7)).isInstanceOf(RetrySchedule.After.class);
    assertThat(
            RetrySchedule.next(
                List.of(), 1, Deliveries.result(Outcome.RETRY), NOW, 0, new Random(1)))
        .isInstanceOf(RetrySchedule.WornOut.class);
  }

  @Test
  void whatIsUselessAlreadyIsExpiredEvenWhenItIsWornOutToo() {
    assertThat(
            RetrySchedule.next(
                STEPS, 8, Deliveries.result(Outcome.RETRY), NOW, NOW - 1, new Random(1)))
        .isInstanceOf(RetrySchedule.Expired.class);
  }

  private static RetrySchedule.Next next(int failures) {
    return RetrySchedule.next(
        STEPS, failures, Deliveries.result(Outcome.RETRY), NOW, 0, new Random(1));
  }

  private static long wait(int failures, AttemptResult result, long seed) {
    return ((RetrySchedule.After)
            RetrySchedule.next(STEPS, failures, result, NOW, 0, new Random(seed)))
        .delay()
        .toMillis();
  }
}
