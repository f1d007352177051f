package dev.hongyan.router.tail;

import dev.hongyan.router.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest part of one tenant's log, without holes: what is offered out of order waits until what
 * belongs before it has come (or the log says that it never will). Keeps a bounded stretch of
 * recent entries for readers that are only a little behind. Pure and for one thread.
 */
public final class Tail {
  /** Entries that may wait for a hole to close; more are dropped and read from the log later. */
  static final int EARLY_ENTRIES = 4096;

  private final String tenant;
  private final int recentEntriesMax;
  private final int recentBytesMax;
  private final TreeMap<Long, LogEntry> early = new TreeMap<>();
  private String epoch;
  private long head;
  // Entries head-size+1 … head, each at its place modulo the ring's length (a power of two).
  private @Nullable LogEntry[] ring = new LogEntry[4];
  private int size;
  private int bytes;

  Tail(String tenant, String epoch, long head, int recentEntriesMax, int recentBytesMax) {
    this.tenant = tenant;
    this.epoch = epoch;
    this.head = head;
    this.recentEntriesMax = recentEntriesMax;
    this.recentBytesMax = recentBytesMax;
  }

  public String tenant() {
    return tenant;
  }

  /** The log's life that is being followed. */
  public String epoch() {
    return epoch;
  }

  /** Everything up to here was handed on, or was there before the watch began. */
  public long head() {
    return head;
  }

  /** The entry at {@code seq} when it is among the recent ones, else null. */
  public @Nullable LogEntry recent(long seq) {
    return seq > head || seq <= head - size ? null : ring[index(seq)];
  }

  /**
   * Takes an entry, in whatever order; gives those that are in order now (often just this one,
   * perhaps none).
   */
  List<LogEntry> offer(LogEntry entry) {
    if (!entry.epoch().equals(epoch) || entry.seq() <= head) {
      return List.of();
    }
    if (entry.seq() > head + 1) {
      if (early.size() < EARLY_ENTRIES) {
        early.put(entry.seq(), entry);
      }
      return List.of();
    }
    if (early.isEmpty()) {
      keep(entry);
      return List.of(entry);
    }
    List<LogEntry> inOrder = new ArrayList<>();
    keep(entry);
    inOrder.add(entry);
    drain(inOrder);
    return inOrder;
  }

  /** Whether something waits for what belongs before it. */
  boolean hasHole() {
    return !early.isEmpty();
  }

  /** The first place that waits for what belongs before it; only with a hole. */
  long firstEarly() {
    return early.firstKey();
  }

  /** The log holds nothing between the head and {@code next}: go on there. */
  List<LogEntry> skipTo(long next) {
    if (next <= head + 1) {
      return List.of();
    }
    head = next - 1;
    forgetRecent();
    early.headMap(next).clear();
    List<LogEntry> inOrder = new ArrayList<>();
    drain(inOrder);
    return inOrder;
  }

  /** The log was replaced. */
  void restart(String newEpoch, long newHead) {
    epoch = newEpoch;
    head = newHead;
    forgetRecent();
    early.clear();
  }

  private void drain(List<LogEntry> inOrder) {
    for (LogEntry next = early.remove(head + 1); next != null; next = early.remove(head + 1)) {
      keep(next);
      inOrder.add(next);
    }
  }

  private void keep(LogEntry entry) {
    int length = entry.weight();
    while (size > 0 && (size == recentEntriesMax || bytes + length > recentBytesMax)) {
      dropOldest();
    }
    if (size == ring.length) {
      grow();
    }
    head = entry.seq();
    ring[index(head)] = entry;
    size++;
    bytes += length;
  }

  private void dropOldest() {
    int i = index(head - size + 1);
    LogEntry oldest = ring[i];
    if (oldest != null) {
      bytes -= oldest.weight();
    }
    ring[i] = null;
    size--;
  }

  private void grow() {
    @Nullable LogEntry[] small = ring;
    ring = new LogEntry[small.length * 2];
    for (LogEntry e : small) {
      if (e != null) {
        ring[index(e.seq())] = e;
      }
    }
  }

  private void forgetRecent() {
    ring = new LogEntry[4];
    size = 0;
    bytes = 0;
  }

  private int index(long seq) {
    return (int) (seq & (ring.length - 1));
  }
}
