package dev.hongyan.router.consume;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Deficit round robin over parties with work: each round everybody may spend the same, and what
 * somebody spent beyond it is taken off its next turns. Who has nothing to do costs nothing. For
 * one thread.
 */
final class FairTurns<T> {
  private final int quantum;
  private final Worker<T> worker;
  private final ArrayDeque<T> line = new ArrayDeque<>();
  private final Map<T, Integer> credit = new HashMap<>();

  /** Does a party's work. */
  interface Worker<T> {
    /** Works until about {@code allowance} is spent; gives what it spent. */
    int work(T party, int allowance);

    /** Whether there is more to do at once. */
    boolean hasMore(T party);
  }

  FairTurns(int quantum, Worker<T> worker) {
    this.quantum = quantum;
    this.worker = worker;
  }

  /** It has work; gives true when nobody had any before. */
  boolean add(T party) {
    if (credit.containsKey(party)) {
      return false;
    }
    credit.put(party, 0);
    line.add(party);
    return line.size() == 1;
  }

  void remove(T party) {
    if (credit.remove(party) != null) {
      line.remove(party);
    }
  }

  /** Lets parties work in turn until about {@code budget} is spent; true when some have more. */
  boolean spend(int budget) {
    int left = budget;
    while (left > 0 && !line.isEmpty()) {
      T party = line.remove();
      int has = credit.getOrDefault(party, 0) + quantum;
      int spent = has > 0 ? worker.work(party, has) : 0;
      left -= Math.max(1, spent);
      if (!credit.containsKey(party)) {
        continue; // it left meanwhile
      }
      if (has <= 0 || worker.hasMore(party)) {
        credit.put(party, has - spent);
        line.add(party);
      } else {
        credit.remove(party);
      }
    }
    return !line.isEmpty();
  }
}
