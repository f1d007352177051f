package dev.hongyan.observability.metrics;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The children of one series by up to two label values. A look-up is one or two map reads: no
 * string is built and nothing is allocated.
 */
final class Children<T> {
  static final String OTHER = "_other";

  /** Makes the child for these label values ("" where the series has no such label). */
  interface Maker<T> {
    T make(String first, String second);
  }

  private final ConcurrentHashMap<String, ConcurrentHashMap<String, T>> byFirst =
      new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();
  private final Maker<T> maker;
  private final boolean two;

  Children(boolean two, Maker<T> maker) {
    this.two = two;
    this.maker = maker;
  }

  T get(String first, String second) {
    ConcurrentHashMap<String, T> seconds = byFirst.get(first);
    T child = seconds == null ? null : seconds.get(second);
    return child != null ? child : add(first, second);
  }

  private synchronized T add(String first, String second) {
    boolean full = size.get() >= Series.LABELS_MAX;
    String one = full ? OTHER : first;
    String other = full && two ? OTHER : second;
    return byFirst
        .computeIfAbsent(one, ignored -> new ConcurrentHashMap<>())
        .computeIfAbsent(
            other,
            ignored -> {
              size.incrementAndGet();
              return maker.make(one, other);
            });
  }
}
