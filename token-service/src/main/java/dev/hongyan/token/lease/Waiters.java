package dev.hongyan.token.lease;

import java.util.ArrayList;
import java.util.List;

/** Everybody who waits for a lease, in three lines with one limit. */
final class Waiters {
  /** Need any good token. */
  final Line wanting = new Line();

  /** Had one that WeChat refused, need another. */
  final Line replacing = new Line();

  /** Want the present one voided. */
  final Line renewing = new Line();

  private final int max;
  private int size;

  Waiters(int max) {
    this.max = max;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Those who came first, come first. */
  final class Line {
    private List<Waiter> waiting = new ArrayList<>();

    boolean isEmpty() {
      return waiting.isEmpty();
    }

    /** False when too many wait already. */
    boolean admits(Waiter waiter) {
      if (size >= max) {
        return false;
      }
      size++;
      return waiting.add(waiter);
    }

    /** Takes all of them out. */
    List<Waiter> takeAll() {
      List<Waiter> all = waiting;
      waiting = new ArrayList<>();
      size -= all.size();
      return all;
    }
  }
}
