package dev.hongyan.router.tail;

import static dev.hongyan.router.log.Messages.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.Messages;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TailTest {
  private static final int WEIGHT = entry("t", "e", 1).weight();

  static Tail tail(long head, int entries, int bytes) {
    return new Tail("t", "e", head, entries, bytes);
  }

  static List<Long> seqs(List<LogEntry> entries) {
    return entries.stream().map(LogEntry::seq).toList();
  }

  @Property(tries = 200)
  void inWhateverOrderEntriesComeTheyLeaveOnceAndInOrder(
      @ForAll @IntRange(min = 0, max = 50) int head,
      @ForAll @IntRange(min = 1, max = 200) int n,
      @ForAll long seed) {
    List<LogEntry> offers = new ArrayList<>();
    for (int times = 0; times < 2; times++) {
      for (int i = 1; i <= n; i++) {
        offers.add(entry("t", "e", head + i));
      }
    }
    Collections.shuffle(offers, new Random(seed));
    Tail tail = tail(head, 16, 1 << 20);
    List<Long> out = new ArrayList<>();
    for (LogEntry e : offers) {
      out.addAll(seqs(tail.offer(e)));
      assertThat(tail.head()).isEqualTo(head + out.size());
      for (long s = Math.max(1, tail.head() - 20); s <= tail.head() + 3; s++) {
        LogEntry recent = tail.recent(s);
        boolean kept = s <= tail.head() && s > tail.head() - 16 && s > head;
        assertThat(recent == null ? -1 : recent.seq()).isEqualTo(kept ? s : -1);
      }
    }
    assertThat(out).isEqualTo(LongStream.rangeClosed(head + 1, head + n).boxed().toList());
    assertThat(tail.hasHole()).isFalse();
  }

  @Example
  void recentEntriesAreBoundedByTheirBytesToo() {
    Tail tail = tail(0, 1000, 10 * WEIGHT);
    for (int i = 1; i <= 100; i++) {
      assertThat(tail.offer(new LogEntry("t", "e", i, Messages.header(1), Messages.event(1))))
          .hasSize(1);
    }
    assertThat(tail.recent(91)).isNotNull();
    assertThat(tail.recent(90)).isNull();
  }

  @Example
  void theNewestEntryIsAtHandHoweverLargeItIs() {
    Tail tail = tail(0, 10, 100);
    var one = tail.offer(entry("t", "e", 1));
    var two = tail.offer(entry("t", "e", 2));
    assertThat(one).hasSize(1);
    assertThat(two).hasSize(1);
    assertThat(tail.recent(1)).isNull();
    assertThat(tail.recent(2)).isNotNull();
  }

  @Example
  void anotherEpochsEntriesAndOldOnesAreNotTaken() {
    Tail tail = tail(5, 10, 1000);
    assertThat(tail.offer(entry("t", "other", 6))).isEmpty();
    assertThat(tail.offer(entry("t", "e", 5))).isEmpty();
    assertThat(tail.hasHole()).isFalse();
    assertThat(tail.head()).isEqualTo(5);
  }

  @Example
  void skippingForgetsWhatIsBeforeAndBringsWhatWaitedBehind() {
    Tail tail = tail(0, 10, 1 << 20);
    for (long s : new long[] {1, 3, 6, 7, 9}) {
      var unused = tail.offer(entry("t", "e", s));
    }
    assertThat(tail.firstEarly()).isEqualTo(3);
    assertThat(seqs(tail.skipTo(1))).isEmpty();
    assertThat(seqs(tail.skipTo(6))).containsExactly(6L, 7L);
    assertThat(tail.head()).isEqualTo(7);
    assertThat(tail.recent(1)).isNull();
    assertThat(tail.recent(7)).isNotNull();
    assertThat(tail.firstEarly()).isEqualTo(9);
    assertThat(seqs(tail.skipTo(20))).isEmpty();
    assertThat(tail.head()).isEqualTo(19);
    assertThat(tail.hasHole()).isFalse();
  }

  @Example
  void whatWaitsForAHoleIsBounded() {
    Tail tail = tail(0, 10, 1 << 20);
    for (int i = 0; i < Tail.EARLY_ENTRIES + 100; i++) {
      assertThat(tail.offer(entry("t", "e", i + 2))).isEmpty();
    }
    assertThat(tail.offer(entry("t", "e", 1))).hasSize(Tail.EARLY_ENTRIES + 1);
  }

  @Example
  void afterARestartItFollowsTheNewLog() {
    Tail tail = tail(7, 10, 1 << 20);
    var unused = tail.offer(entry("t", "e", 8));
    var early = tail.offer(entry("t", "e", 12));
    assertThat(early).isEmpty();
    tail.restart("f", 2);
    assertThat(tail.epoch()).isEqualTo("f");
    assertThat(tail.recent(8)).isNull();
    assertThat(tail.recent(2)).isNull();
    assertThat(tail.hasHole()).isFalse();
    assertThat(seqs(tail.offer(entry("t", "f", 3)))).containsExactly(3L);
  }
}
