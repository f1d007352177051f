package dev.hongyan.observability.metrics;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One share of a gauge, e.g. the sessions of one verticle or the queue of one tenant. Shares with
 * the same labels are added up when Prometheus asks. Whoever takes one closes it. Thread-safe.
 */
public final class Level implements AutoCloseable {
  private final String label;
  private final AtomicLong value = new AtomicLong();
  private final Consumer<Level> onClose;

  Level(String label, Consumer<Level> onClose) {
    this.label = label;
    this.onClose = onClose;
  }

  public void set(long level) {
    value.set(level);
  }

  /** Moves the level up, or down by a negative {@code by}. */
  public void add(long by) {
    value.addAndGet(by);
  }

  public long get() {
    return value.get();
  }

  String label() {
    return label;
  }

  /** Takes this share out of the gauge. */
  @Override
  public void close() {
    onClose.accept(this);
  }
}
