package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.shared.MemberId;
import dev.hongyan.router.topic.TopicPattern;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A session's part in a shared subscription: which messages it has, so that what a client says of
 * others is told to be wrong. Its window is kept by the owner; messages are held here only while
 * the socket is full. Pure and for one thread.
 */
final class SharedSubscription extends Subscription {
  /** Messages that are over and still known, so that saying it twice is no error. */
  private static final int KNOWN_MAX = 1_024;

  private final MemberId id;
  private final int windowMessages;
  private final int windowBytes;
  private final int ackTimeoutMillis;
  private final Set<Long> has = new HashSet<>(0);
  private final LinkedHashSet<Long> over = new LinkedHashSet<>(0);
  private @Nullable ArrayDeque<Held> held;
  private @Nullable List<LogEntry> staged;
  private List<byte[]> lines = List.of();
  private String epoch = "";
  private long lastSent;
  private long behind;

  private record Held(LogEntry entry, int attempt) {}

  SharedSubscription(
      String name,
      List<TopicPattern> patterns,
      Session session,
      MemberId id,
      int windowMessages,
      int windowBytes,
      int ackTimeoutMillis) {
    super(name, Mode.SHARED, patterns, session);
    this.id = id;
    this.windowMessages = windowMessages;
    this.windowBytes = windowBytes;
    this.ackTimeoutMillis = ackTimeoutMillis;
  }

  MemberId id() {
    return id;
  }

  int windowMessages() {
    return windowMessages;
  }

  int windowBytes() {
    return windowBytes;
  }

  int ackTimeoutMillis() {
    return ackTimeoutMillis;
  }

  /** Begins, or begins again in another log; what it has is void. */
  void startBehind(Cursor start) {
    epoch = start.epoch();
    lastSent = start.seq();
    has.clear();
    over.clear();
    held = null;
  }

  String epoch() {
    return epoch;
  }

  // ---- what is delivered ----

  /** The owner gave it this one: it leaves now or once the socket takes it. */
  void deliver(LogEntry entry, int attempt) {
    if (held == null) {
      if (session().canTake(entry)) {
        session().stage(this, entry, attempt);
        return;
      }
      held = new ArrayDeque<>();
    }
    held.add(new Held(entry, attempt));
  }

  /** The socket may take more. */
  void release() {
    while (held != null) {
      Held next = held.peek();
      if (next == null) {
        held = null;
      } else if (session().canTake(next.entry)) {
        held.remove();
        session().stage(this, next.entry, next.attempt);
      } else {
        return;
      }
    }
  }

  /** Puts an entry into this tick's frame; true when it is the first one of the tick. */
  boolean stage(LogEntry entry, int attempt) {
    boolean first = staged == null;
    if (staged == null) {
      staged = new ArrayList<>(4);
      lines = new ArrayList<>(4);
    }
    staged.add(entry);
    lines.add(entry.line(attempt));
    over.remove(entry.seq());
    has.add(entry.seq());
    lastSent = Math.max(lastSent, entry.seq());
    return first;
  }

  @Override
  Frames.@Nullable Delivery takeDelivery() {
    List<LogEntry> out = staged;
    List<byte[]> outLines = lines;
    staged = null;
    lines = List.of();
    return out == null ? null : new Frames.Delivery(nameBytes(), epoch, -1, out, outLines);
  }

  /** What never left; no attempt for anybody. */
  List<Long> unsent() {
    List<Long> out = new ArrayList<>();
    if (staged != null) {
      staged.forEach(e -> out.add(e.seq()));
    }
    if (held != null) {
      held.forEach(h -> out.add(h.entry.seq()));
    }
    return out;
  }

  // ---- what becomes of it ----

  /** Whether this was delivered here, as far as is remembered. */
  boolean knows(long seq) {
    return has.contains(seq) || over.contains(seq);
  }

  /** The client is done with this one, or it was taken back. */
  void over(long seq) {
    if (held != null) {
      held.removeIf(h -> h.entry.seq() == seq);
    }
    if (has.remove(seq)) {
      over.add(seq);
      if (over.size() > KNOWN_MAX) {
        Iterator<Long> eldest = over.iterator();
        eldest.next();
        eldest.remove();
      }
    }
  }

  @Override
  int unacked() {
    return has.size();
  }

  @Override
  boolean hasBegun() {
    return !epoch.isEmpty();
  }

  @Override
  Cursor lastSentCursor() {
    return new Cursor(epoch, lastSent);
  }

  /** Log entries that nobody of this name has got yet, as the owner said last. */
  long behind() {
    return behind;
  }

  void behind(long entries) {
    behind = entries;
  }
}
