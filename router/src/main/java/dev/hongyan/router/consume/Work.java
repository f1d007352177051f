package dev.hongyan.router.consume;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way to one consumer. A message that failed is parked: it leaves the cursor's
 * reach, and the store holds a copy of it until it is over.
 */
final class Work {
  final String id;
  final Cursor place;
  final EntryHeader header;
  final Lane lane;

  /** The event; null when only the store has it. */
  @Nullable LogEntry entry;

  int attempts;
  boolean parked;

  /** Whether the store has the event. */
  boolean stored;

  /** Whether the log it came from is gone, so that nothing about it counts any more. */
  boolean isVoid;

  /** When it may be tried again, ms since 1970; 0 for at once. */
  long dueMillis;

  String lastError = "";

  Work(String id, Cursor place, EntryHeader header, Lane lane, @Nullable LogEntry entry) {
    this.id = id;
    this.place = place;
    this.header = header;
    this.lane = lane;
    this.entry = entry;
  }

  static Work of(LogEntry entry, Lane lane) {
    Cursor place = new Cursor(entry.epoch(), entry.seq());
    return new Work(place.toString(), place, entry.header(), lane, entry);
  }

  long deadline() {
    long at = header.deadlineMillis();
    return at == 0 ? Long.MAX_VALUE : at;
  }

  int bytes() {
    LogEntry e = entry;
    return e == null ? 0 : e.event().length;
  }
}
