package dev.hongyan.bench.load;

import java.util.Map;
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
  private long missing;
  private long outOfOrder;

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
  void late() {
    outOfOrder++;
    missing--;
  }

  void missing(long more) {
    missing += more;
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

  /** Numbers that were jumped over and never came. */
  public long missing() {
    return missing;
  }

  /** What went wrong, and how often. */
  public Map<String, Long> errors() {
    return errors;
  }
}
