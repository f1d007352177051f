package dev.hongyan.router.shared;

import dev.hongyan.router.cursor.DoneRanges;
import dev.hongyan.router.cursor.DoneRanges.Range;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Where a queue reads its log, and which places ahead were done under an earlier owner. What is
 * done need not be kept: it is everything behind the reader that is not open.
 */
final class ReadSoFar {
  /** Ranges that are saved; what is done above them comes again after a change of owner. */
  static final int RANGES_MAX = 2_000;

  private long next;
  private final ArrayDeque<Range> doneAhead;

  ReadSoFar(long floor, DoneRanges done) {
    this.next = floor + 1;
    this.doneAhead = new ArrayDeque<>(done.ranges());
  }

  /** The place that is looked at next. */
  long next() {
    return next;
  }

  void passUpTo(long seq) {
    next = Math.max(next, seq + 1);
  }

  /** Passes {@code seq}; true when it was done before. */
  boolean pass(long seq) {
    passUpTo(seq);
    while (!doneAhead.isEmpty() && doneAhead.element().to() < seq) {
      doneAhead.remove();
    }
    return !doneAhead.isEmpty() && doneAhead.element().from() <= seq;
  }

  /** The floor when {@code open} is what is neither acknowledged nor dead. */
  long floor(Collection<Item> open) {
    return open.isEmpty() ? next - 1 : open.iterator().next().seq() - 1;
  }

  /** What is done above the floor, the lowest {@value #RANGES_MAX} ranges of it. */
  DoneRanges done(Collection<Item> open) {
    List<Range> out = new ArrayList<>();
    long after = floor(open);
    for (Item item : open) {
      if (out.size() == RANGES_MAX) {
        return new DoneRanges(out);
      }
      if (item.seq() > after + 1) {
        out.add(new Range(after + 1, item.seq() - 1));
      }
      after = item.seq();
    }
    if (!open.isEmpty() && next > after + 1) {
      out.add(new Range(after + 1, next - 1));
    }
    for (Range r : doneAhead) {
      if (r.to() >= next && out.size() < RANGES_MAX) {
        out.add(new Range(Math.max(next, r.from()), r.to()));
      }
    }
    return new DoneRanges(out);
  }
}
