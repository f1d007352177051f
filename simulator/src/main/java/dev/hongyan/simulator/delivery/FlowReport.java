package dev.hongyan.simulator.delivery;

import java.util.EnumMap;
import java.util.Map;

/**
 * What became of a flow.
 *
 * @param counts results by answer; every answer is there
 * @param attempts tries in total
 * @param millis from the first try to the last result
 * @param p50Millis how long a push took in the middle, repeats included; dropped ones left out
 * @param p99Millis 99 of 100 pushes were not slower
 * @param worstMillis the slowest
 * @param lagMillisMax how far behind its schedule the flow was at worst; 0 if it has no rate
 */
public record FlowReport(
    Map<Answered, Long> counts,
    long attempts,
    long millis,
    long p50Millis,
    long p99Millis,
    long worstMillis,
    long lagMillisMax) {

  public FlowReport {
    counts = Map.copyOf(counts);
  }

  /** How many results there are. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many pushes the receiver took over. */
  public long accepted() {
    return counts.entrySet().stream()
        .filter(entry -> entry.getKey().accepted())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Whether the receiver took over every push. */
  public boolean allAccepted() {
    return accepted() == total();
  }

  /** Collects results in constant space. Used by one thread. */
  static final class Collector {
    /** Durations in steps of one millisecond; longer ones are counted as this long. */
    private static final int MILLIS_MAX = 60_000;

    private final Map<Answered, Long> counts = new EnumMap<>(Answered.class);
    private final int[] durations = new int[MILLIS_MAX + 1];
    private long tried;
    private long attempts;
    private long worst;

    Collector() {
      for (Answered answered : Answered.values()) {
        counts.put(answered, 0L);
      }
    }

    void add(PushResult result) {
      counts.merge(result.answered(), 1L, Long::sum);
      attempts += result.attempts().size();
      if (!result.attempts().isEmpty()) {
        tried++;
        worst = Math.max(worst, result.millis());
        durations[(int) Math.min(MILLIS_MAX, result.millis())]++;
      }
    }

    FlowReport report(long millis, long lagMillisMax) {
      return new FlowReport(
          counts, attempts, millis, percentile(0.5), percentile(0.99), worst, lagMillisMax);
    }

    private long percentile(double share) {
      long wanted = (long) Math.ceil(tried * share);
      long seen = 0;
      for (int millis = 0; millis < durations.length; millis++) {
        seen += durations[millis];
        if (seen >= wanted) {
          return millis;
        }
      }
      return MILLIS_MAX;
    }
  }
}
