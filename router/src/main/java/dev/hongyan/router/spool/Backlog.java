package dev.hongyan.router.spool;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** How many messages of each tenant wait in the spool. Thread-safe. */
final class Backlog {
  private final ConcurrentHashMap<String, Integer> counts = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Consumer<String>> emptied = new CopyOnWriteArrayList<>();
  private final AtomicLong total = new AtomicLong();

  int of(String tenant) {
    return counts.getOrDefault(tenant, 0);
  }

  long total() {
    return total.get();
  }

  void add(String tenant, int messages) {
    total.addAndGet(messages);
    counts.merge(tenant, messages, Integer::sum);
  }

  /** Tells who waits for a tenant when this was its last message. */
  void remove(String tenant, int messages) {
    total.addAndGet(-messages);
    Integer left = counts.computeIfPresent(tenant, (t, n) -> n > messages ? n - messages : null);
    if (left == null) {
      emptied.forEach(listener -> listener.accept(tenant));
    }
  }

  void onEmptied(Consumer<String> listener) {
    emptied.add(listener);
  }
}
