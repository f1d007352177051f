package dev.hongyan.router.consume;

import dev.hongyan.router.cursor.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** How far a consumer has read, and which of the places behind it are not settled yet. */
final class Places {
  private final TreeSet<Long> open = new TreeSet<>();
  private final TreeMap<Long, Long> settledBefore = new TreeMap<>();
  private long next;

  /**
   * @param floor everything up to here is settled
   * @param progress what is settled above it
   */
  Places(long floor, Progress progress) {
    next = floor + 1;
    for (Progress.Range r : progress.done()) {
      settledBefore.put(r.from(), r.to());
    }
  }

  /** The place that is looked at next. */
  long next() {
    return next;
  }

  /** Moves on to {@code seq}; true when that was settled in an earlier life. */
  boolean pass(long seq) {
    next = seq + 1;
    Map.Entry<Long, Long> range = settledBefore.floorEntry(seq);
    boolean known = range != null && seq <= range.getValue();
    settledBefore.headMap(seq, true).values().removeIf(to -> to <= seq);
    return known;
  }

  /** Moves behind {@code upTo}; gives how many of the places in between were not settled. */
  long skip(long upTo) {
    if (upTo < next) {
      return 0;
    }
    long missing = upTo - next + 1;
    for (Map.Entry<Long, Long> r : settledBefore.headMap(upTo, true).entrySet()) {
      long from = Math.max(r.getKey(), next);
      long to = Math.min(r.getValue(), upTo);
      missing -= Math.max(0, to - from + 1);
    }
    next = upTo + 1;
    settledBefore.headMap(upTo, true).values().removeIf(to -> to <= upTo);
    return missing;
  }

  void opened(long seq) {
    open.add(seq);
  }

  void settled(long seq) {
    open.remove(seq);
  }

  /** How many places that are still to come were settled in an earlier life. */
  long settledAhead() {
    long sum = 0;
    for (Map.Entry<Long, Long> r : settledBefore.entrySet()) {
      sum += r.getValue() - Math.max(r.getKey(), next) + 1;
    }
    return sum;
  }

  int openCount() {
    return open.size();
  }

  /** Everything up to here is settled. */
  long floor() {
    return open.isEmpty() ? next - 1 : open.first() - 1;
  }

  /**
   * What is settled above the floor; also what an earlier life settled and this one has not come to
   * yet.
   */
  Progress progress() {
    List<Progress.Range> done = new ArrayList<>();
    long from = floor() + 1;
    for (long seq : open) {
      if (seq > from) {
        done.add(new Progress.Range(from, seq - 1));
      }
      from = seq + 1;
    }
    if (from < next && !open.isEmpty()) {
      done.add(new Progress.Range(from, next - 1));
    }
    for (Map.Entry<Long, Long> r : settledBefore.entrySet()) {
      done.add(new Progress.Range(Math.max(r.getKey(), next), r.getValue()));
    }
    return new Progress(done, Map.of());
  }
}
