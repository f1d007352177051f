package dev.hongyan.observability.metrics;

import io.micrometer.core.instrument.Counter;

/** One counter with its labels fixed. Hot paths keep it in a field. Thread-safe. */
public final class Tally {
  private final Counter counter;

  Tally(Counter counter) {
    this.counter = counter;
  }

  public void add() {
    counter.increment();
  }

  /** Adds {@code n}, which is not negative. */
  public void add(long n) {
    counter.increment(n);
  }

  /** The count since the process started. */
  public long count() {
    return (long) counter.count();
  }
}
