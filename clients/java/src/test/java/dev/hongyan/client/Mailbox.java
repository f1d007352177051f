package dev.hongyan.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** What came and was not taken. Waiting is bounded, so that a test fails instead of hanging. */
final class Mailbox<T> {
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private final List<T> items = new ArrayList<>();

  synchronized void put(T item) {
    items.add(item);
    notifyAll();
  }

  @CanIgnoreReturnValue
  T take() {
    return take(item -> true);
  }

  /** The first that fits; those before it are dropped. */
  @CanIgnoreReturnValue
  T take(Predicate<? super T> wanted) {
    return take(wanted, true);
  }

  /** The first that fits; those before it stay. */
  T pick(Predicate<? super T> wanted) {
    return take(wanted, false);
  }

  private synchronized T take(Predicate<? super T> wanted, boolean dropBefore) {
    long end = System.nanoTime() + WAIT_NANOS;
    int from = 0;
    while (true) {
      for (; from < items.size(); from++) {
        if (wanted.test(items.get(from))) {
          T found = items.get(from);
          items.subList(dropBefore ? 0 : from, from + 1).clear();
          return found;
        }
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError("nothing of the kind came; there is: " + items);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  synchronized boolean has(Predicate<? super T> wanted) {
    return items.stream().anyMatch(wanted);
  }
}
