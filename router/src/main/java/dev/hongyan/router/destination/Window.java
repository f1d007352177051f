package dev.hongyan.router.destination;

import java.util.ArrayDeque;

/**
 * Attempts and failures of the last five minutes, in slots of ten seconds.
 *
 * <p>It may be told to hold a number of attempts even when they are older: a destination behind an
 * open breaker gets so few that five minutes alone would know nothing of it. Bounded by 31 slots
 * and the number held.
 */
final class Window {
  private static final long SLOT_MILLIS = 10_000;
  private static final long SLOTS = 30;

  private final int holdMin;
  private final ArrayDeque<Slot> slots = new ArrayDeque<>();
  private int total;
  private int failed;

  private static final class Slot {
    final long number;
    int total;
    int failed;

    Slot(long number) {
      this.number = number;
    }
  }

  /** Holds the last {@code holdMin} attempts (and their slots) however old they are. */
  Window(int holdMin) {
    this.holdMin = holdMin;
  }

  /** {@code nowMillis} never goes back. */
  void add(boolean ok, long nowMillis) {
    long number = Math.floorDiv(nowMillis, SLOT_MILLIS);
    Slot last = slots.peekLast();
    if (last == null || number > last.number) {
      last = new Slot(number);
      slots.addLast(last);
    }
    last.total++;
    total++;
    if (!ok) {
      last.failed++;
      failed++;
    }
    drop(number);
  }

  int total() {
    return total;
  }

  /** Whole percent, rounded down, so that 100 means all. 0 when there is nothing. */
  int failedPercent() {
    return total == 0 ? 0 : (int) (100L * failed / total);
  }

  void clear() {
    slots.clear();
    total = 0;
    failed = 0;
  }

  private void drop(long number) {
    for (Slot first = slots.peekFirst();
        first != null && first.number <= number - SLOTS && total - first.total >= holdMin;
        first = slots.peekFirst()) {
      total -= first.total;
      failed -= first.failed;
      slots.removeFirst();
    }
  }
}
