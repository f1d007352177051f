package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes numbered messages over a WebSocket at fixed times, whether or not answers come. What is
 * unconfirmed when the connection breaks is sent again on the next one. What the server refuses is
 * not expected anywhere; its place in time is taken by the next number, because under its own it
 * would come behind those that were taken meanwhile. For the generator's loop.
 */
public final class Publisher implements WsSocket.Listener {
  private static final int UNCONFIRMED_MAX = 15_000;
  private static final long AGAIN_MILLIS = 200;
  private static final String SERIAL = "\"serial\":";

  private final Generator generator;
  private final Seen seen;
  private final Receiver.Target target;
  private final int bytes;
  private final ArrayDeque<Sent> unconfirmed = new ArrayDeque<>();
  private @Nullable WsSocket socket;
  private boolean isOpen;
  private int round;
  private boolean ended;
  private double perSecond = 1;
  private long beganNanos;
  private long beganNumber;
  private long next;
  private long newestConfirmed = -1;
  private long until = Long.MAX_VALUE;
  private int windowMax = UNCONFIRMED_MAX;
  private int subjects = 100;
  private int topics = 1;
  private String client = "publisher";
  private @Nullable Bound bound;

  private record Sent(long number, byte[] frame) {}

  /**
   * @param bytes size of each message's data
   */
  public Publisher(Generator generator, Seen seen, Receiver.Target target, int bytes) {
    this.generator = generator;
    this.seen = seen;
    this.target = target;
    this.bytes = bytes;
  }

  public void connect() {
    socket = WsSocket.connect(generator, target.port(), target.token(), this);
  }

  /** The same, and waits until messages may be sent; not from the loop. */
  public void connectAndWait(Duration within) throws InterruptedException {
    generator.run(this::connect);
    if (!generator.await(within, this::isOpen)) {
      throw new IllegalStateException("the publisher was not let in; " + seen.errors());
    }
  }

  public boolean isOpen() {
    return isOpen;
  }

  /** The first message has this number; before {@link #start}. */
  public void goOnAt(long number) {
    next = number;
  }

  /**
   * Over so many subjects in turn; over more than one topic they are called {@code topic.0} and so
   * on. Before {@link #start}.
   */
  public void spread(int overSubjects, int overTopics) {
    subjects = overSubjects;
    topics = overTopics;
  }

  /**
   * Under a name of its own. The server knows a message by its publisher and number, so a second
   * publisher at the same server that begins at 0 again needs another one. Before {@link #connect}.
   */
  public Publisher named(String name) {
    client = name;
    return this;
  }

  /** Sends at this rate from now on. */
  public void start(double messagesPerSecond) {
    bound = null;
    go(messagesPerSecond);
  }

  /**
   * Sends as fast as messages are taken from now on, {@code underWay} of them at most between being
   * sent and being taken.
   *
   * @param copies how many take each
   * @param taken deliveries so far
   */
  public void most(int underWay, int copies, LongSupplier taken) {
    bound = Bound.from(underWay, copies, next, taken);
    go(1e9);
  }

  private void go(double messagesPerSecond) {
    perSecond = messagesPerSecond;
    beganNanos = generator.now();
    beganNumber = next;
    tick(++round);
  }

  /** Sends {@code count} messages as fast as they are confirmed, {@code window} under way. */
  public void fill(long count, int window) {
    windowMax = window;
    until = next + count;
    start(1e9);
  }

  public void stop() {
    round++;
    until = Long.MAX_VALUE;
    windowMax = UNCONFIRMED_MAX;
  }

  /** How many were sent; the newest has this number less one. */
  public long sent() {
    return next;
  }

  /** The newest that is in the server's log, so that it must arrive; -1 before the first. */
  public long newestConfirmed() {
    return newestConfirmed;
  }

  public boolean isAllConfirmed() {
    return unconfirmed.isEmpty();
  }

  /** Ends for good. */
  public void end() {
    stop();
    ended = true;
    if (socket != null) {
      socket.cut();
    }
  }

  private void tick(int of) {
    if (of != round) {
      return; // stopped, or started anew
    }
    long now = generator.now();
    int written = 0;
    while (due(next) <= now && next < until && !isHeldBack() && written < 1000) {
      long meant = bound != null ? now : Math.max(beganNanos, Math.min(now, due(next)));
      Sent sent = new Sent(next, frame(next, meant));
      next++;
      written++;
      unconfirmed.add(sent);
      if (isOpen && socket != null) {
        socket.write(sent.frame);
      }
    }
    if (written > 0 && socket != null) {
      socket.flush();
    }
    if (next < until && !isHeldBack()) {
      var unused =
          generator
              .loop()
              .schedule(
                  () -> tick(of), Math.max(0, due(next) - generator.now()), TimeUnit.NANOSECONDS);
    } else if (isHeldBack()) {
      var unused = generator.loop().schedule(() -> tick(of), 1, TimeUnit.MILLISECONDS);
    }
  }

  private boolean isHeldBack() {
    Bound b = bound;
    return unconfirmed.size() >= windowMax || (b != null && !b.lets(next));
  }

  private long due(long number) {
    return beganNanos + (long) ((number - beganNumber) * 1e9 / perSecond);
  }

  private byte[] frame(long number, long nanos) {
    byte[] data = Stamps.data(bytes, number, nanos);
    byte[] head =
        ("{\"op\":\"publish\",\"serial\":"
                + number
                + ",\"topic\":\""
                + target.topic()
                + (topics > 1 ? "." + number % topics : "")
                + "\",\"subject\":\"u"
                + number % subjects
                + "\",\"data\":")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] out = new byte[head.length + data.length + 1];
    System.arraycopy(head, 0, out, 0, head.length);
    System.arraycopy(data, 0, out, head.length, data.length);
    out[out.length - 1] = '}';
    return out;
  }

  @Override
  public void opened(WsSocket opened) {
    opened.write(
        ("{\"op\":\"hello\",\"client\":\"" + client + "\"}").getBytes(StandardCharsets.US_ASCII));
    opened.flush();
  }

  @Override
  public void text(WsSocket from, ByteBuf data, int start, int length) {
    for (String line : data.toString(start, length, StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith("{\"op\":\"published\"")) {
        newestConfirmed = Math.max(newestConfirmed, answered(line));
      } else if (line.startsWith("{\"op\":\"welcome\"") && from == socket) {
        isOpen = true; // more than a little before that, and the server closes
        unconfirmed.forEach(sent -> from.write(sent.frame));
        from.flush();
      } else if (line.startsWith("{\"op\":\"error\"")) {
        seen.error("publish " + Receiver.field(line, "code"));
        if (line.contains(SERIAL)) {
          seen.refused(answered(line));
        }
      }
    }
  }

  private long answered(String line) {
    int from = line.indexOf(SERIAL) + SERIAL.length();
    int to = from;
    while (to < line.length() && Character.isDigit(line.charAt(to))) {
      to++;
    }
    long serial = Long.parseLong(line.substring(from, to));
    Sent first = unconfirmed.peek();
    if (first != null && first.number == serial) {
      unconfirmed.remove();
    } else {
      unconfirmed.removeIf(s -> s.number == serial);
    }
    return serial;
  }

  @Override
  public void closed(WsSocket which, int code, String reason) {
    if (which == socket) {
      isOpen = false;
      if (!ended) {
        var unused = generator.loop().schedule(this::connect, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }
}
