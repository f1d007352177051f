package dev.hongyan.router.consume;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one subject, in order, one under way at a time. A message without a subject has a
 * lane of its own.
 */
final class Lane {
  private static final Comparator<Work> IN_ORDER =
      Comparator.<Work>comparingLong(w -> w.place.seq()).thenComparing(w -> w.id);

  final String key;

  /** In the order of the log, whenever each was parked. */
  final TreeSet<Work> parked = new TreeSet<>(IN_ORDER);

  final ArrayDeque<Work> fresh = new ArrayDeque<>(2);
  @Nullable Work underWay;

  // Where it stands in line, so that it can be found there again.
  long lineDeadline;
  long lineOrder;
  long lineDue;
  boolean inLine;
  boolean timed;

  Lane(String key) {
    this.key = key;
  }

  boolean isBlocked() {
    return !parked.isEmpty();
  }

  @Nullable Work head() {
    Work next = fresh.peekFirst();
    if (parked.isEmpty()) {
      return next;
    }
    Work first = parked.first();
    return next == null || first.place.seq() <= next.place.seq() ? first : next;
  }

  boolean isEmpty() {
    return parked.isEmpty() && fresh.isEmpty() && underWay == null;
  }
}
