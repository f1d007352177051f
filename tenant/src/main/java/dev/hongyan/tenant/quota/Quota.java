package dev.hongyan.tenant.quota;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant may use: rates, and how much of some things there may be at a time.
 *
 * @param limits one for each API and class
 */
public record Quota(List<Limit> limits, Ceilings max) {
  /** No bound anywhere but the platform's own. */
  public static final Quota NONE = new Quota(List.of(), Ceilings.NONE);

  /** How many rows a tenant may have. */
  public static final int LIMITS_MAX = 100;

  public Quota {
    limits = List.copyOf(limits);
  }

  /**
   * The most there may be at a time; null for no bound.
   *
   * @param sessions open WebSocket sessions and streams, over all nodes
   * @param storageMessages messages in the log
   * @param storageBytes bytes the log takes in the store
   * @param destinations HTTP destinations
   * @param pendingTimers delayed messages that wait
   */
  public record Ceilings(
      @Nullable Long sessions,
      @Nullable Long storageMessages,
      @Nullable Long storageBytes,
      @Nullable Long destinations,
      @Nullable Long pendingTimers) {
    public static final Ceilings NONE = new Ceilings(null, null, null, null, null);

    Ceilings or(Ceilings other) {
      return new Ceilings(
          sessions == null ? other.sessions : sessions,
          storageMessages == null ? other.storageMessages : storageMessages,
          storageBytes == null ? other.storageBytes : storageBytes,
          destinations == null ? other.destinations : destinations,
          pendingTimers == null ? other.pendingTimers : pendingTimers);
    }

    /** Whether the log is bounded. */
    public boolean boundsStorage() {
      return storageMessages != null || storageBytes != null;
    }
  }

  /** This where it says something, {@code other} where it does not: by API, and by ceiling. */
  public Quota or(Quota other) {
    Set<String> said = new HashSet<>();
    limits.forEach(l -> said.add(l.api()));
    List<Limit> all = new ArrayList<>(limits);
    other.limits.stream().filter(l -> !said.contains(l.api())).forEach(all::add);
    return new Quota(all, max.or(other.max));
  }

  /** The limit on all calls of an API; null when there is none. */
  public @Nullable Limit of(String api) {
    for (Limit l : limits) {
      if (l.priority() == null && l.api().equals(api)) {
        return l;
      }
    }
    return null;
  }
}
