package dev.hongyan.router.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsumerQueueTest {
  private final ConsumerQueue queue =
      new ConsumerQueue(
          new Cursor("e", 0),
          Progress.NONE,
          Counts.from(0),
          new ConsumerQueue.Limits(10, 1_000, 4, 20));

  private void offer(long seq, String subject, long deadline) {
    queue.offer(
        new LogEntry(
            "acme", "e", seq, new EntryHeader(seq, "a", subject, 1, deadline), new byte[10]),
        true);
  }

  private Work take(long now) {
    Work w = queue.take(now);
    if (w == null) {
      throw new AssertionError("nothing to take");
    }
    return w;
  }

  /** Runs seeds; {@code -Dhongyan.seeds=10000} for the nightly form. */
  @Test
  void everySeedKeepsOrderAndLosesNothing() {
    int seeds = Integer.getInteger("hongyan.seeds", 200);
    long first = Long.getLong("hongyan.seed", 1);
    int owners = 0;
    int dead = 0;
    int repeated = 0;
    int putBacks = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      try {
        ConsumerSimulation life = new ConsumerSimulation(seed).run();
        owners += life.owners();
        dead += life.dead();
        repeated += life.repeatedSaves();
        putBacks += life.putBacks();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "seed " + seed + " (repeat it with -Dhongyan.seed=" + seed + " -Dhongyan.seeds=1)", e);
      }
    }
    if (seeds > 1) {
      assertThat(owners).as("owners changed on the way").isGreaterThan(seeds);
      assertThat(dead).as("some died").isPositive();
      assertThat(repeated).as("some saves were done twice").isPositive();
      assertThat(putBacks).as("some were put back").isPositive();
    }
  }

  @Test
  void aFailureHoldsUpItsSubjectAndNothingElse() {
    offer(1, "a", 0);
    offer(2, "a", 0);
    offer(3, "b", 0);
    queue.retry(take(0), 5_000, "http 500");
    assertThat(take(0).place.seq()).isEqualTo(3);
    assertThat(queue.take(4_999)).isNull();
    assertThat(queue.wakeAtMillis()).isEqualTo(5_000);
    Work again = take(5_000);
    assertThat(again.place.seq()).isEqualTo(1);
    queue.delivered(again);
    assertThat(take(5_000).place.seq()).isEqualTo(2);
  }

  @Test
  void theEarliestDeadlineGoesFirstAmongSubjects() {
    offer(1, "a", 0);
    offer(2, "b", 9_000);
    offer(3, "c", 4_000);
    List<Long> order = new ArrayList<>();
    for (Work w = queue.take(0); w != null; w = queue.take(0)) {
      order.add(w.place.seq());
    }
    assertThat(order).containsExactly(3L, 2L, 1L);
  }

  @Test
  void aFullQueueStopsReadingAndNotTheHeap() {
    for (long seq = 1; queue.wantsMore(); seq++) {
      offer(seq, "a", 0);
    }
    assertThat(queue.waiting()).isEqualTo(10);
    queue.delivered(take(0));
    assertThat(queue.wantsMore()).isTrue();
  }

  @Test
  void whatIsHeldIsNoAttempt() {
    offer(1, "a", 0);
    Work w = take(0);
    queue.held(w);
    assertThat(take(0)).isSameAs(w);
    assertThat(w.attempts).isZero();
  }

  @Test
  void placesThatAreGoneCountAsExpired() {
    queue.gone(5);
    offer(8, "a", 0);
    assertThat(queue.counts().expired()).isEqualTo(7);
    assertThat(queue.isBalanced()).isTrue();
    assertThat(queue.floor().seq()).isEqualTo(7);
  }

  @Test
  void anotherLogMakesEverythingVoidButWhatIsParked() {
    offer(1, "a", 0);
    offer(2, "b", 0);
    Work lost = take(0);
    queue.retry(take(0), 10, "no");
    queue.restart(new Cursor("f", 3));
    queue.delivered(lost);
    assertThat(queue.isBalanced()).isTrue();
    assertThat(queue.next()).isEqualTo(4);
    assertThat(take(10).place.toString()).isEqualTo("e:2");
    assertThat(queue.take(10)).isNull();
  }
}
