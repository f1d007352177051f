package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Outcome;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cursor that walks a tenant's log for one session, live or late. Holds places, never messages
 * (but for those of this very tick). Pure and for one thread; {@link TenantHub} moves it.
 */
final class Walker extends Subscription {
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
  private final Set<Long> terminating = new HashSet<>(0);

  // What became of it all since the attach. What was trimmed counts once the floor is past it.
  private long began;
  private long delivered;
  private long dead;
  private long expired;
  private long trimmed;
  private long trimmedUpTo;

  // What this tick sends.
  private @Nullable List<LogEntry> staged;
  private long stagedPrev;

  Walker(
      String name,
      Mode mode,
      List<TopicPattern> patterns,
      Session session,
      @Nullable Window window) {
    super(name, mode, patterns, session);
    this.window = window;
  }

  /** Begins (again) behind {@code start}. */
  void startBehind(Cursor start) {
    epoch = start.epoch();
    next = start.seq() + 1;
    lastSent = start.seq();
    floor = start.seq();
    began = floor;
    trimmed = 0;
    live = false;
  }

  /** So many were done before this one was attached, beyond what was saved then. */
  void deliveredBefore(long messages) {
    delivered += messages;
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

  /** Places below {@code seq} are gone. */
  void trimmedUpTo(long seq) {
    trimmed += seq - next;
    trimmedUpTo = seq - 1;
    passedUpTo(seq);
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
    List<TopicPattern> all = patterns();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).matches(topic)) {
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

  @Override
  Frames.@Nullable Delivery takeDelivery() {
    List<LogEntry> out = staged;
    staged = null;
    return out == null
        ? null
        : new Frames.Delivery(nameBytes(), out.get(0).epoch(), stagedPrev, out, null);
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
    moveFloor(seq);
    int given = window.given();
    int all = window.acked(seq);
    int gone = given - window.given() + givenUpBefore(seq);
    delivered += all - gone;
    dead += gone;
    return all;
  }

  /** Those on their way to the dead letters that an acknowledgement of later ones includes. */
  private int givenUpBefore(long seq) {
    int before = terminating.size();
    if (before > 0) {
      terminating.removeIf(each -> each <= seq);
    }
    return before - terminating.size();
  }

  private void moveFloor(long seq) {
    floor = seq;
    unsaved = true;
    if (trimmed > 0 && floor >= trimmedUpTo) {
      expired += trimmed;
      trimmed = 0;
    }
  }

  /**
   * Whether {@code seq} is under way, so that it can be given up; says so once for each, the rest
   * is done already.
   */
  boolean beginTermination(long seq) {
    return window != null && window.has(seq) && terminating.add(seq);
  }

  /** It stays under way after all. */
  void notTerminated(long seq) {
    terminating.remove(seq);
  }

  /**
   * {@code seq} was given up and counts as done, with whatever was done behind it; gives how many
   * messages left the window.
   */
  int terminated(long seq) {
    terminating.remove(seq);
    if (window == null) {
      return 0;
    }
    long done = window.done(seq);
    return done > floor ? acked(done) : 0;
  }

  @Override
  int unacked() {
    return window == null ? 0 : window.unacked();
  }

  /** What did not match needs no ack: with nothing under way the floor follows the reader. */
  void floorFollows(long seenUpTo) {
    boolean nothingUnderWay = window == null ? lastSent <= floor : window.unacked() == 0;
    if (mode() == Mode.DURABLE && nothingUnderWay && staged == null && seenUpTo > floor) {
      moveFloor(seenUpTo);
    }
  }

  /** Whether the floor moved since this was last asked. */
  boolean takeUnsaved() {
    boolean was = unsaved;
    unsaved = false;
    return was;
  }

  Outcome outcome() {
    return new Outcome(began, delivered, dead, expired, 0);
  }

  Cursor floorCursor() {
    return new Cursor(epoch, floor);
  }

  @Override
  boolean hasBegun() {
    return !epoch.isEmpty();
  }

  @Override
  Cursor lastSentCursor() {
    return new Cursor(epoch, lastSent);
  }
}
