package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client with one subscription. Checks that messages come in order and without a hole, over all
 * its connections, acknowledges as its {@link Acks} say, and goes on at its cursor after a break.
 * For the generator's loop.
 */
public final class Receiver implements WsSocket.Listener {
  private static final byte[] CLOSING = "\"}".getBytes(StandardCharsets.US_ASCII);
  private static final int HOLES_KEPT = 10_000;

  /** Where the cursor of a message begins in its line. */
  static final int CURSOR_AT = "{\"op\":\"msg\",\"cursor\":\"".length();

  private final Generator generator;
  private final Seen seen;
  private final Target target;
  private final String name;
  private final Kind kind;
  private final byte[] ackHead;
  private final Watcher watcher;

  private @Nullable WsSocket socket;
  private State state = State.AWAY;
  private String startAt = "";
  private String cursor = "";
  private long lastNumber = -1;
  private long caughtUpAt = -1;
  private long seq;
  private Set<Long> holes = Set.of();
  private boolean stall;
  private boolean stalled;
  private String unsaid = "";
  private int unsaidMessages;
  private long unsaidBytes;
  private long saidAt = -Acks.AS_THE_SDKS.everyNanos;
  private @Nullable ScheduledFuture<?> ackLater;

  /** What is measured. */
  public record Target(int port, String token, String topic, Acks acks) {

    /** With acks as the SDKs say them. */
    public Target(int port, String token, String topic) {
      this(port, token, topic, Acks.AS_THE_SDKS);
    }
  }

  /** When a durable receiver says what is done. */
  public enum Acks {
    /**
     * As the SDKs do by default: at most once in 200 ms, the first at once, unless a quarter of the
     * window (256 messages, 1 MiB) waits for it.
     */
    AS_THE_SDKS(200_000_000, 256 / 4, (1 << 20) / 4),
    /** Once for each frame. */
    EACH_FRAME(0, 1, 1);

    private final long everyNanos;
    private final int messages;
    private final long bytes;

    Acks(long everyNanos, int messages, long bytes) {
      this.everyNanos = everyNanos;
      this.messages = messages;
      this.bytes = bytes;
    }
  }

  /** How a receiver subscribes. */
  public enum Kind {
    /** Its own cursor, no acks. */
    LIVE("live", false),
    /** A name at the server, moved by acks. */
    DURABLE("durable", true);

    private final String mode;
    private final boolean acks;

    Kind(String mode, boolean acks) {
      this.mode = mode;
      this.acks = acks;
    }
  }

  /** Where a receiver is in its life. */
  public enum State {
    AWAY,
    CONNECTING,
    /** Attached, but not yet at the place where the head was then. */
    CATCHING_UP,
    CAUGHT_UP
  }

  /** Hears of changes. */
  public interface Watcher {
    void attached(Receiver receiver, String verdict);

    void caughtUp(Receiver receiver);

    /**
     * @param wasCaughtUp how far it was before
     */
    void lost(Receiver receiver, int code, String reason, boolean wasCaughtUp);
  }

  public Receiver(
      Generator generator, Seen seen, Target target, String name, Kind kind, Watcher watcher) {
    this.generator = generator;
    this.seen = seen;
    this.target = target;
    this.name = name;
    this.kind = kind;
    this.watcher = watcher;
    this.ackHead =
        ("{\"op\":\"ack\",\"sub\":\"" + name + "\",\"cursor\":\"")
            .getBytes(StandardCharsets.US_ASCII);
  }

  /** Connects and subscribes; the watcher hears how it went. */
  public void connect() {
    state = State.CONNECTING;
    socket = WsSocket.connect(generator, target.port(), target.token(), this);
  }

  /** Where a subscription that has no cursor yet begins: {@code first}, {@code now} or nothing. */
  public void startAt(String place) {
    startAt = place;
  }

  /** The next message is the one after {@code number}. */
  public void expectAfter(long number) {
    lastNumber = number;
  }

  /** The number of the newest message; -1 before the first. */
  public long lastNumber() {
    return lastNumber;
  }

  public State state() {
    return state;
  }

  /** Cuts the connection without a word, as a network does. */
  public void cut() {
    if (socket != null) {
      socket.cut();
    }
  }

  /** Once it is attached it reads its socket no more. */
  public void stallOnceAttached() {
    stall = true;
  }

  public boolean isStalled() {
    return stalled;
  }

  @Override
  public void opened(WsSocket opened) {
    String from =
        kind == Kind.LIVE && !cursor.isEmpty()
            ? ",\"cursor\":\"" + cursor + "\""
            : startAt.isEmpty() ? "" : ",\"cursor\":\"" + startAt + "\"";
    String hello =
        "{\"op\":\"hello\",\"client\":\"c-"
            + name
            + "\",\"subscribe\":[{\"sub\":\""
            + name
            + "\",\"topics\":[\""
            + target.topic()
            + "\"],\"mode\":\""
            + kind.mode
            + "\""
            + from
            + "}]}";
    opened.write(hello.getBytes(StandardCharsets.US_ASCII));
    opened.flush();
  }

  @Override
  public void text(WsSocket from, ByteBuf data, int start, int length) {
    if (from != socket) {
      return;
    }
    int end = start + length;
    int lastLine = -1;
    int messages = 0;
    int line = start;
    while (line < end) {
      int found = data.indexOf(line, end, (byte) '\n');
      int lineEnd = found < 0 ? end : found;
      if (isMessage(data, line, lineEnd)) {
        message(data, lineEnd);
        lastLine = line;
        messages++;
      } else {
        control(data.toString(line, lineEnd - line, StandardCharsets.UTF_8));
      }
      line = lineEnd + 1;
    }
    if (lastLine >= 0) {
      seen.frame();
      took(from, data, lastLine, end, messages, length);
    }
  }

  @Override
  public void closed(WsSocket which, int code, String reason) {
    if (which == socket) {
      socket = null;
      said(); // what was not said comes again
      saidAt = -target.acks().everyNanos;
      boolean wasCaughtUp = state == State.CAUGHT_UP;
      state = State.AWAY;
      watcher.lost(this, code, reason, wasCaughtUp);
    }
  }

  /** Whether this line holds a message. */
  static boolean isMessage(ByteBuf data, int line, int end) {
    // {"op":"msg", is the only one with an m here
    return end - line > CURSOR_AT && data.getByte(line + 7) == 'm';
  }

  private void message(ByteBuf data, int lineEnd) {
    long n = Stamps.number(data, lineEnd);
    if (n < 0) {
      return; // not one of ours
    }
    if (lastNumber >= 0 && n <= lastNumber) {
      if (holes.isEmpty() || !holes.remove(n)) {
        seen.duplicate();
        return;
      }
      seen.late(n); // not missing after all, but out of order
    } else {
      if (lastNumber >= 0 && n > lastNumber + 1) {
        for (long hole = lastNumber + 1; hole < n; hole++) {
          seen.jumpedOver(hole);
          if (holes.size() < HOLES_KEPT) {
            holes = holes.isEmpty() ? new HashSet<>() : holes;
            boolean unused = holes.add(hole);
          }
        }
      }
      lastNumber = n;
    }
    seen.message(Stamps.nanos(data, lineEnd), generator.now());
  }

  /** Everything up to the last message of this frame is done. */
  private void took(WsSocket from, ByteBuf data, int line, int end, int messages, int bytes) {
    int at = line + CURSOR_AT;
    int length = data.indexOf(at, end, (byte) '"') - at;
    if (kind.acks) {
      unsaidMessages += messages;
      unsaidBytes += bytes;
      long wait = saidAt + target.acks().everyNanos - generator.now();
      if (wait <= 0
          || unsaidMessages >= target.acks().messages
          || unsaidBytes >= target.acks().bytes) {
        from.send(ackHead, data, at, length, CLOSING);
        said();
      } else {
        unsaid = data.toString(at, length, StandardCharsets.US_ASCII);
        if (ackLater == null) {
          ackLater = generator.loop().schedule(this::sayLate, wait, TimeUnit.NANOSECONDS);
        }
      }
    }
    if (kind == Kind.LIVE || state == State.CATCHING_UP) {
      cursor = data.toString(at, length, StandardCharsets.US_ASCII);
    }
    if (state == State.CATCHING_UP) {
      seq = seqOf(cursor);
      checkCaughtUp();
    }
  }

  private void sayLate() {
    if (socket != null) {
      socket.write(
          (new String(ackHead, StandardCharsets.US_ASCII) + unsaid + "\"}")
              .getBytes(StandardCharsets.US_ASCII));
      socket.flush();
    }
    said();
  }

  private void said() {
    saidAt = generator.now();
    unsaidMessages = 0;
    unsaidBytes = 0;
    if (ackLater != null) {
      ackLater.cancel(false);
      ackLater = null;
    }
  }

  /** What says nothing that a receiver acts on. */
  static boolean isRoutine(String line) {
    return line.startsWith("{\"op\":\"deliver\"")
        || line.startsWith("{\"op\":\"welcome\"")
        || line.startsWith("{\"op\":\"beat\"");
  }

  private void control(String line) {
    if (isRoutine(line)) {
      return;
    }
    if (line.startsWith("{\"op\":\"subscribed\"")) {
      cursor = field(line, "cursor");
      seq = seqOf(cursor);
      caughtUpAt = seqOf(field(line, "head"));
      state = State.CATCHING_UP;
      watcher.attached(this, field(line, "verdict"));
      if (stall && socket != null) {
        stalled = true;
        socket.reading(false);
      }
      checkCaughtUp();
    } else {
      seen.error(field(line, "op") + ' ' + field(line, "code") + field(line, "reason"));
    }
  }

  private void checkCaughtUp() {
    if (seq >= caughtUpAt) {
      state = State.CAUGHT_UP;
      watcher.caughtUp(this);
    }
  }

  private static long seqOf(String cursor) {
    return Long.parseLong(cursor.substring(cursor.indexOf(':') + 1));
  }

  /** A field of a control line whose texts hold no quotes; empty when absent. */
  static String field(String line, String field) {
    String before = "\"" + field + "\":\"";
    int at = line.indexOf(before);
    if (at < 0) {
      return "";
    }
    int from = at + before.length();
    return line.substring(from, line.indexOf('"', from));
  }
}
