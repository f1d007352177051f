package dev.hongyan.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One subscription on one connection: where the server's deliveries stand there, and the acks that
 * wait to go out. While we move from one connection to another a subscription has two of these.
 */
final class Attachment {
  private final Loop loop;
  private final String subscription;
  private final Connection connection;

  /** Asked for and not yet answered: what arrives now belongs to an earlier request. */
  private boolean pending = true;

  private String last = "";
  private @Nullable String gapTo;
  private @Nullable String suspect;
  private @Nullable String ackCursor;
  private List<String> ackCursors = new ArrayList<>();
  private boolean flushSoon;
  private final AckPace pace;
  private int unsaid;
  private long unsaidSize;
  private long saidAt;
  private Loop.Timer ackTimer = Loop.Timer.NONE;

  /**
   * When a cumulative ack leaves: {@code everyMillis} after the one before at the earliest, unless
   * so many messages or characters of what it covers have gathered.
   */
  record AckPace(long everyMillis, int messages, long size) {}

  Attachment(Loop loop, Connection connection, String subscription, AckPace pace) {
    this.loop = loop;
    this.connection = connection;
    this.subscription = subscription;
    this.pace = pace;
    this.saidAt = loop.elapsedMillis() - pace.everyMillis();
  }

  Connection connection() {
    return connection;
  }

  boolean pending() {
    return pending;
  }

  void asking() {
    pending = true;
  }

  void started(String cursor) {
    pending = false;
    last = cursor;
    gapTo = null;
    suspect = null;
  }

  /** Cursor of the message delivered last, or of the start. */
  String last() {
    return last;
  }

  void delivered(String cursor) {
    last = cursor;
  }

  /** An announced gap: deliveries may go on from its end. */
  void gap(@Nullable String to) {
    gapTo = to;
  }

  /** True when a delivery that names {@code prev} follows what we have. */
  boolean continues(@Nullable String prev) {
    return prev == null || prev.equals(last) || prev.equals(gapTo);
  }

  /**
   * Compares with the server's head. A beat may overtake data, so one difference is only a doubt.
   */
  Doubt compare(String head) {
    if (continues(head)) {
      suspect = null;
      return Doubt.NONE;
    }
    if (last.equals(suspect)) {
      return Doubt.MISSED;
    }
    suspect = last;
    return Doubt.ASK_AGAIN;
  }

  enum Doubt {
    NONE,
    ASK_AGAIN,
    MISSED
  }

  /**
   * Everything up to and including it is done. The first is said at once; those that follow soon
   * after it wait and leave as one, because each costs the server a read and says no more than the
   * next one.
   */
  void ackUpTo(String cursor, long size) {
    ackCursor = cursor;
    unsaid++;
    unsaidSize += size;
    long wait = saidAt + pace.everyMillis() - loop.elapsedMillis();
    if (wait <= 0 || unsaid >= pace.messages() || unsaidSize >= pace.size()) {
      flushSoon();
    } else if (ackTimer == Loop.Timer.NONE) {
      ackTimer = loop.after(wait, this::flush);
    }
  }

  void ackOne(String cursor) {
    ackCursors.add(cursor);
    flushSoon();
  }

  void nack(String cursor, long delayMillis) {
    send("nack", Map.of("cursors", List.of(cursor), "delayMs", delayMillis));
  }

  void extend(String cursor, long millis) {
    send("extend", Map.of("cursors", List.of(cursor), "ms", millis));
  }

  void term(String cursor, String reason) {
    send("term", Map.of("cursors", List.of(cursor), "reason", reason));
  }

  private void flushSoon() {
    if (!flushSoon) {
      flushSoon = true;
      loop.execute(this::flush);
    }
  }

  /** Sends the acks that wait. */
  void flush() {
    flushSoon = false;
    ackTimer.cancel();
    ackTimer = Loop.Timer.NONE;
    unsaid = 0;
    unsaidSize = 0;
    if (ackCursor != null) {
      saidAt = loop.elapsedMillis();
      send("ack", Map.of("cursor", ackCursor));
    }
    if (!ackCursors.isEmpty()) {
      send("ack", Map.of("cursors", ackCursors));
    }
    ackCursor = null;
    ackCursors = new ArrayList<>();
  }

  private void send(String op, Map<String, ?> fields) {
    if (connection.open() && !pending) {
      Map<String, Object> whole = new LinkedHashMap<>();
      whole.put("op", op);
      whole.put("sub", subscription);
      whole.putAll(fields);
      connection.send(whole);
    }
  }
}
