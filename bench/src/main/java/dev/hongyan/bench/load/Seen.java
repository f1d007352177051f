package dev.hongyan.bench.load;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What the receivers of a run saw, together. Latency is counted from when a message was meant to be
 * sent, so a generator or a server that falls behind shows. For the generator's loop.
 */
public final class Seen {
  private static final long LONGEST_NANOS = 600_000_000_000L;
  private static final int ERRORS_KEPT = 20;

  private final Map<String, Long> errors = new TreeMap<>();
  private Histogram latency = new Histogram(LONGEST_NANOS, 3);
  private long windowFrom = Long.MAX_VALUE;
  private long delivered;
  private long frames;
  private long duplicates;
  private long outOfOrder;
  // By number: how many receivers jumped over it. What was refused is not missing anywhere.
  private final Map<Long, Integer> jumped = new HashMap<>();
  private final Set<Long> refused = new HashSet<>();

  /** From now on: messages meant to be sent at {@code nanos} or later count for the latency. */
  public void windowFrom(long nanos) {
    latency = new Histogram(LONGEST_NANOS, 3);
    windowFrom = nanos;
  }

  /** Ends the window of latencies. */
  public Histogram windowEnd() {
    windowFrom = Long.MAX_VALUE;
    return latency;
  }

  void message(long sentNanos, long nowNanos) {
    delivered++;
    if (sentNanos >= windowFrom) {
      latency.recordValue(Math.max(0, Math.min(LONGEST_NANOS, nowNanos - sentNanos)));
    }
  }

  void frame() {
    frames++;
  }

  void duplicate() {
    duplicates++;
  }

  /** What was missing came after its successors. */
  void late(long number) {
    outOfOrder++;
    jumped.computeIfPresent(number, (n, receivers) -> receivers == 1 ? null : receivers - 1);
  }

  /** A receiver got one that was published later. */
  void jumpedOver(long number) {
    jumped.merge(number, 1, Integer::sum);
  }

  /** The server did not take this one, and said so: nobody is to get it. */
  void refused(long number) {
    refused.add(number);
  }

  /** Messages that the server did not take. */
  long refusals() {
    return refused.size();
  }

  /** Counts something that went wrong under a short text. */
  public void error(String what) {
    if (errors.size() < ERRORS_KEPT || errors.containsKey(what)) {
      errors.merge(what, 1L, Long::sum);
    }
  }

  public long delivered() {
    return delivered;
  }

  /** Frames with at least one message. */
  public long frames() {
    return frames;
  }

  public long duplicates() {
    return duplicates;
  }

  /** Messages that came behind one that was published later. */
  public long outOfOrder() {
    return outOfOrder;
  }

  /** Numbers that were jumped over and never came, over all receivers. */
  public long missing() {
    long sum = 0;
    for (Map.Entry<Long, Integer> e : jumped.entrySet()) {
      sum += refused.contains(e.getKey()) ? 0 : e.getValue();
    }
    return sum;
  }

  /** What went wrong, and how often. */
  public Map<String, Long> errors() {
    return errors;
  }
}
