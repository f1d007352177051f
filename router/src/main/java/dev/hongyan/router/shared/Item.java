package dev.hongyan.router.shared;

import dev.hongyan.router.log.LogEntry;
import org.jspecify.annotations.Nullable;

/** A message that is neither acknowledged nor dead. */
final class Item implements Comparable<Item> {
  final LogEntry entry;
  final Lane lane;
  State state = State.WAITING;

  /** Deliveries so far. */
  int attempts;

  /** Who has it, or had it last. */
  @Nullable Member member;

  /** When its ack is overdue, or its delay over. */
  long dueNanos;

  /** Whether the clock runs for it; then it stands among the timed ones. */
  boolean timed;

  /** The name under which it was put back; null for what the log brought. */
  @Nullable String putBack;

  enum State {
    /** For its turn in its lane, or for a member with room. */
    WAITING,
    /** For its delay to end; its lane waits with it. */
    DELAYED,
    IN_FLIGHT,
    /** For the store to have it among the dead letters. */
    BURYING
  }

  Item(LogEntry entry, Lane lane) {
    this.entry = entry;
    this.lane = lane;
  }

  long seq() {
    return entry.seq();
  }

  /** Deliveries that came to nothing; the one that is under way is not among them. */
  int failures() {
    return state == State.IN_FLIGHT ? attempts - 1 : attempts;
  }

  int size() {
    return entry.event().length;
  }

  @Override
  public int compareTo(Item other) {
    int byTime = Long.compare(dueNanos, other.dueNanos);
    return byTime != 0 ? byTime : Long.compare(seq(), other.seq());
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return this == o;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
