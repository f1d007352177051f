package dev.hongyan.gateway.webhook;

import dev.hongyan.observability.time.Clock;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the signatures of plain pushes that are in a log or in the spool. A plain signature
 * does not cover the body, so whoever saw one could send any body with it; a second use within the
 * clock window is answered but changes nothing.
 *
 * <p>One per process, shared by its event loops. Thread-safe. At most 100,000 are remembered (about
 * 20 MiB); beyond that the oldest is forgotten.
 */
public final class ReplayMemory {
  private static final int REMEMBERED_MAX = 100_000;

  /** Twice the clock window: a timestamp from the future stays valid that much longer. */
  private static final long MEMORY_NANOS = 600_000_000_000L;

  private final Clock clock;

  /** By insertion, so the oldest is first; the value is when it may be forgotten. */
  private final Map<String, Long> seen = new LinkedHashMap<>();

  public ReplayMemory(Clock clock) {
    this.clock = clock;
  }

  synchronized boolean contains(String account, String signature) {
    Long until = seen.get(key(account, signature));
    return until != null && until - clock.nanos() > 0;
  }

  synchronized void remember(String account, String signature) {
    long now = clock.nanos();
    Iterator<Long> oldest = seen.values().iterator();
    while (oldest.hasNext()) {
      long until = oldest.next();
      if (seen.size() < REMEMBERED_MAX && until - now > 0) {
        break;
      }
      oldest.remove();
    }
    // A new key goes to the end, so the order of ages stays that of the map.
    Long unused = seen.putIfAbsent(key(account, signature), now + MEMORY_NANOS);
  }

  private static String key(String account, String signature) {
    return account + ' ' + signature;
  }
}
