package dev.hongyan.observability.usage;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters of all tenants of this process: one look-up and one increment a message. Whoever keeps
 * them takes them all together, now and then; who did nothing for long is forgotten. Thread-safe.
 */
public final class Usage {
  /** Meters that were taken empty so often in a row are forgotten. */
  private static final int QUIET_MAX = 60;

  private final Map<String, Held> meters = new ConcurrentHashMap<>();
  private Map<String, Held> leaving = new HashMap<>();

  private static final class Held {
    final Meter meter = new Meter();
    int quiet;
  }

  /** A tenant's meter: not to be kept longer than for the work at hand. */
  public Meter of(String tenant) {
    Held known = meters.get(tenant);
    return (known == null ? meters.computeIfAbsent(tenant, t -> new Held()) : known).meter;
  }

  /** What every tenant used since this was last called, by the ordinal of {@link Used}. */
  public synchronized Map<String, long[]> take() {
    Map<String, long[]> all = new HashMap<>();
    // Somebody may have had it in his hand when it was forgotten.
    leaving.forEach(
        (tenant, held) -> {
          boolean unused = collect(tenant, held, all);
        });
    leaving = new HashMap<>();
    meters.forEach(
        (tenant, held) -> {
          held.quiet = collect(tenant, held, all) ? 0 : held.quiet + 1;
          if (held.quiet > QUIET_MAX && meters.remove(tenant, held)) {
            leaving.put(tenant, held);
          }
        });
    return all;
  }

  private static boolean collect(String tenant, Held held, Map<String, long[]> to) {
    long[] taken = held.meter.take();
    if (taken == null) {
      return false;
    }
    to.merge(
        tenant,
        taken,
        (before, more) -> {
          for (int i = 0; i < more.length; i++) {
            before[i] += more[i];
          }
          return before;
        });
    return true;
  }
}
