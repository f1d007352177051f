package dev.hongyan.simulator.delivery;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last results of a simulator's pushes, in the order in which they ended: what a test compares
 * with what arrived. Thread-safe. Beyond its limit the oldest are forgotten and counted.
 */
public final class PushLog {
  private final Deque<PushResult> results = new ArrayDeque<>();
  private final int limit;
  private long forgotten;

  /**
   * A log.
   *
   * @param limit most results kept
   */
  public PushLog(int limit) {
    this.limit = limit;
  }

  synchronized void add(PushResult result) {
    if (results.size() == limit) {
      results.remove();
      forgotten++;
    }
    results.add(result);
  }

  /** Every result that is still known. */
  public synchronized List<PushResult> all() {
    return List.copyOf(results);
  }

  /** What was answered {@code success}, or in another way that means the same. */
  public List<PushResult> accepted() {
    return all().stream().filter(result -> result.answered().accepted()).toList();
  }

  /** What was not taken over. */
  public List<PushResult> failed() {
    return all().stream().filter(result -> !result.answered().accepted()).toList();
  }

  /** How many results are no longer known. */
  public synchronized long forgotten() {
    return forgotten;
  }
}
