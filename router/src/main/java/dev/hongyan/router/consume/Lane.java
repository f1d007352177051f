package dev.hongyan.router.consume;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one subject, in order, one under way at a time. A message without a subject has a
 * lane of its own.
 */
final class Lane {
  final String key;

  /** Parked ones first: they are older, or were put back on purpose. */
  final ArrayDeque<Work> parked = new ArrayDeque<>(1);

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
    Work first = parked.peekFirst();
    return first != null ? first : fresh.peekFirst();
  }

  boolean isEmpty() {
    return parked.isEmpty() && fresh.isEmpty() && underWay == null;
  }
}
