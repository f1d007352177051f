package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cursor that walks a tenant's log for one session, live or late. Holds places, never messages
 * (but for those of this very tick). Pure and for one thread; {@link TenantHub} moves it.
 */
final class Subscription {
  private final String name;
  private final byte[] nameBytes;
  private final Mode mode;
  private final List<TopicPattern> patterns;
  private final Session session;
  private final @Nullable Window window;

  // Where reading is. A live one takes entries as the tail brings them; a walking one reads `next`
  // from the log.
  private String epoch = "";
  private long next;
  private boolean live;
  private boolean reading;

  // What was sent and acknowledged.
  private long lastSent;
  private long floor;
  private long generation;
  private boolean unsaved;
  private @Nullable Cursor doneBefore;

  // What this tick sends.
  private @Nullable List<LogEntry> staged;
  private long stagedPrev;

  Subscription(
      String name,
      Mode mode,
      List<TopicPattern> patterns,
      Session session,
      @Nullable Window window) {
    this.name = name;
    this.nameBytes = name.getBytes(StandardCharsets.UTF_8);
    this.mode = mode;
    this.patterns = patterns;
    this.session = session;
    this.window = window;
  }

  String name() {
    return name;
  }

  byte[] nameBytes() {
    return nameBytes;
  }

  Mode mode() {
    return mode;
  }

  List<TopicPattern> patterns() {
    return patterns;
  }

  Session session() {
    return session;
  }

  /** Begins (again) behind {@code start}. */
  void startBehind(Cursor start) {
    epoch = start.epoch();
    next = start.seq() + 1;
    lastSent = start.seq();
    floor = start.seq();
    live = false;
  }

  /** What the client says it had done when it came; to be told before this is attached. */
  void doneBefore(@Nullable Cursor cursor) {
    doneBefore = cursor;
  }

  /**
   * Where reading begins when the store knows {@code stored}: further on, when the client had done
   * more than was saved.
   */
  Resume advanced(Resume stored) {
    Cursor done = doneBefore;
    return done != null
            && done.epoch().equals(stored.start().epoch())
            && done.seq() > stored.start().seq()
            && done.seq() <= stored.head()
        ? new Resume(Resume.Verdict.RESUMED, done, stored.head(), null)
        : stored;
  }

  void generation(long value) {
    generation = value;
  }

  long generation() {
    return generation;
  }

  String epoch() {
    return epoch;
  }

  /** The place that is looked at next. */
  long next() {
    return next;
  }

  boolean isLive() {
    return live;
  }

  /** Caught up: from here on the tail brings entries. */
  void goLive() {
    live = true;
  }

  /** Fell behind: {@code seq} is the first place it has not seen. */
  void walkFrom(long seq) {
    live = false;
    next = seq;
  }

  /** Nothing for this one below {@code seq}. */
  void passedUpTo(long seq) {
    next = Math.max(next, seq);
  }

  boolean isReading() {
    return reading;
  }

  void reading(boolean now) {
    reading = now;
  }

  boolean takes(String topic) {
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matches(topic)) {
        return true;
      }
    }
    return false;
  }

  boolean hasRoomFor(LogEntry entry) {
    return window == null || window.hasRoom(entry.event().length);
  }

  /** Puts an entry into this tick's frame; true when it is the first one of the tick. */
  boolean stage(LogEntry entry) {
    boolean first = staged == null;
    if (staged == null) {
      staged = new ArrayList<>(4);
      stagedPrev = lastSent;
    }
    staged.add(entry);
    next = entry.seq() + 1;
    lastSent = entry.seq();
    if (window != null) {
      window.sent(entry.seq(), entry.event().length);
    }
    return first;
  }

  /** What this tick sends; asking takes it out. */
  List<LogEntry> takeStaged() {
    List<LogEntry> out = staged == null ? List.of() : staged;
    staged = null;
    return out;
  }

  /** The place sent before the first staged entry. */
  long stagedPrev() {
    return stagedPrev;
  }

  long lastSent() {
    return lastSent;
  }

  /**
   * Everything up to here is done; may lie beyond {@link #lastSent} when nothing in between
   * matched.
   */
  long floor() {
    return floor;
  }

  /**
   * The client says that everything up to {@code seq} is done; gives how many messages that were.
   */
  int acked(long seq) {
    if (window == null || seq <= floor) {
      return 0;
    }
    floor = seq;
    unsaved = true;
    return window.acked(seq);
  }

  int unacked() {
    return window == null ? 0 : window.unacked();
  }

  /** What did not match needs no ack: with nothing under way the floor follows the reader. */
  void floorFollows(long seenUpTo) {
    if (mode == Mode.DURABLE && lastSent <= floor && staged == null && seenUpTo > floor) {
      floor = seenUpTo;
      unsaved = true;
    }
  }

  /** Whether the floor moved since this was last asked. */
  boolean takeUnsaved() {
    boolean was = unsaved;
    unsaved = false;
    return was;
  }

  Cursor floorCursor() {
    return new Cursor(epoch, floor);
  }

  Cursor lastSentCursor() {
    return new Cursor(epoch, lastSent);
  }
}
