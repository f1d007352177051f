package dev.hongyan.simulator.api;

import java.util.LinkedHashMap;
import java.util.Map;

/** Maps that forget their oldest entries beyond a limit. */
final class Newest {
  private Newest() {}

  /** An empty map in the order of entry; not thread-safe. */
  static <K, V> Map<K, V> map(int limit) {
    return new LinkedHashMap<>() {
      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > limit;
      }
    };
  }
}
