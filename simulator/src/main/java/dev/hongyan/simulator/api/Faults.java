package dev.hongyan.simulator.api;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What goes wrong at the moment. The first one that concerns a call decides. Thread-safe. */
public final class Faults {
  /** Most faults at a time. */
  public static final int FAULTS_MAX = 1_000;

  private final RandomGenerator random;
  private final Map<Long, Armed> armed = new LinkedHashMap<>();
  private long ids;

  Faults(RandomGenerator random) {
    this.random = random;
  }

  private static final class Armed {
    final Fault fault;
    long hits;

    Armed(Fault fault) {
      this.fault = fault;
    }
  }

  /**
   * A fault that is in effect, or was until its times were used up.
   *
   * @param id what {@link #add} returned
   * @param hits how many calls it happened to
   */
  public record Active(long id, Fault fault, long hits) {}

  /**
   * Puts a fault into effect.
   *
   * @return its id
   * @throws IllegalStateException if there are {@link #FAULTS_MAX}
   */
  @CanIgnoreReturnValue
  public synchronized long add(Fault fault) {
    armed.values().removeIf(each -> each.hits >= each.fault.times() && armed.size() >= FAULTS_MAX);
    if (armed.size() >= FAULTS_MAX) {
      throw new IllegalStateException("at most " + FAULTS_MAX + " faults");
    }
    armed.put(++ids, new Armed(fault));
    return ids;
  }

  /** Every fault, in the order of adding. */
  public synchronized List<Active> all() {
    List<Active> all = new ArrayList<>();
    armed.forEach((id, each) -> all.add(new Active(id, each.fault, each.hits)));
    return all;
  }

  /** To how many calls a fault happened; 0 if it is not known. */
  public synchronized long hits(long id) {
    Armed found = armed.get(id);
    return found == null ? 0 : found.hits;
  }

  /** Ends a fault; false if there is none of this id. */
  @CanIgnoreReturnValue
  public synchronized boolean remove(long id) {
    return armed.remove(id) != null;
  }

  /** Ends all. */
  public synchronized void clear() {
    armed.clear();
  }

  synchronized @Nullable Fault strike(String path, @Nullable String appId) {
    for (Armed each : armed.values()) {
      Fault fault = each.fault;
      if (each.hits < fault.times()
          && fault.concerns(path, appId)
          && (fault.chance() >= 1 || random.nextDouble() < fault.chance())) {
        each.hits++;
        return fault;
      }
    }
    return null;
  }
}
