package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A durable subscriber to all that WeChat pushes. Takes the time from when a push was meant to be
 * sent until its message is here, looks for pushes that came twice or not at all, and acknowledges
 * as the SDKs do: every 200 ms, or each 64 messages. For the generator's loop.
 */
public final class PushClient implements WsSocket.Listener {
  private static final long LONGEST_NANOS = 600_000_000_000L;
  private static final long ACK_MILLIS = 200;
  private static final int ACK_MESSAGES = 64;
  private static final ByteBuf MSGID =
      Unpooled.wrappedBuffer("\"wxmsgid\":\"".getBytes(StandardCharsets.US_ASCII));

  private final Generator generator;
  private final long firstId;
  private final BitSet came = new BitSet();
  private final Histogram latency = new Histogram(LONGEST_NANOS, 3);
  private @Nullable PushLoad load;
  private long firstOfLoad;
  private long firstThatCounts;
  private @Nullable WsSocket socket;
  private String unsaid = "";
  private boolean subscribed;
  private boolean ended;
  private long twice;
  private int unsaidMessages;

  /**
   * @param firstId message id of the push with number 0
   */
  public PushClient(Generator generator, long firstId) {
    this.generator = generator;
    this.firstId = firstId;
  }

  public void connect(int port, String token) {
    socket = WsSocket.connect(generator, port, token, this);
    ackLater();
  }

  /**
   * From now on times count from those at which {@code pushes} were meant to be sent.
   *
   * @param from the number of its first push
   * @param first the number of the first one that counts
   */
  public void watch(PushLoad pushes, long from, long first) {
    load = pushes;
    firstOfLoad = from;
    firstThatCounts = first;
    latency.reset();
  }

  /** Takes no more times until it is told what to watch. */
  public void rest() {
    load = null;
  }

  public boolean isSubscribed() {
    return subscribed;
  }

  /** From the intended sending of a push until its message was here. */
  public Histogram latency() {
    return latency;
  }

  /** How many different pushes with these numbers came. */
  public long came(long from, int count) {
    return came.get((int) from, (int) from + count).cardinality();
  }

  /** Pushes that came more than once. */
  public long twice() {
    return twice;
  }

  public void end() {
    ended = true;
    if (socket != null) {
      socket.cut();
    }
  }

  @Override
  public void opened(WsSocket opened) {
    opened.write(
        ("{\"op\":\"hello\",\"client\":\"pushes\",\"subscribe\":[{\"sub\":\"pushes\","
                + "\"topics\":[\"wx.#\"],\"mode\":\"durable\"}]}")
            .getBytes(StandardCharsets.US_ASCII));
    opened.flush();
  }

  @Override
  public void text(WsSocket from, ByteBuf data, int start, int length) {
    int end = start + length;
    long now = generator.now();
    for (int line = start; line < end; ) {
      int found = data.indexOf(line, end, (byte) '\n');
      int lineEnd = found < 0 ? end : found;
      if (Receiver.isMessage(data, line, lineEnd)) {
        message(data, line, lineEnd, now);
      } else if (data.toString(line, lineEnd - line, StandardCharsets.UTF_8)
          .startsWith("{\"op\":\"subscribed\"")) {
        subscribed = true;
      }
      line = lineEnd + 1;
    }
    if (unsaidMessages >= ACK_MESSAGES) {
      ack();
    }
  }

  private void message(ByteBuf data, int line, int end, long now) {
    unsaidMessages++;
    int cursor = line + Receiver.CURSOR_AT;
    unsaid =
        data.toString(
            cursor, data.indexOf(cursor, end, (byte) '"') - cursor, StandardCharsets.US_ASCII);
    int at = ByteBufUtil.indexOf(MSGID, data.slice(line, end - line));
    if (at < 0) {
      return;
    }
    long id = 0;
    for (int i = line + at + MSGID.readableBytes(); data.getByte(i) != '"'; i++) {
      id = id * 10 + data.getByte(i) - '0';
    }
    int number = (int) (id - firstId);
    if (came.get(number)) {
      twice++;
      return;
    }
    came.set(number);
    if (load != null && number >= firstThatCounts) {
      long meant = load.meantNanos((int) (number - firstOfLoad));
      latency.recordValue(Math.max(0, Math.min(LONGEST_NANOS, now - meant)));
    }
  }

  @Override
  public void closed(WsSocket which, int code, String reason) {
    socket = null;
    if (!ended) {
      System.err.println("bench: the subscriber was cut: " + code + ' ' + reason);
    }
  }

  private void ackLater() {
    var unused =
        generator
            .loop()
            .schedule(
                () -> {
                  ack();
                  if (!ended) {
                    ackLater();
                  }
                },
                ACK_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  private void ack() {
    WsSocket open = socket;
    if (open != null && !unsaid.isEmpty()) {
      open.write(
          ("{\"op\":\"ack\",\"sub\":\"pushes\",\"cursor\":\"" + unsaid + "\"}")
              .getBytes(StandardCharsets.US_ASCII));
      open.flush();
      unsaid = "";
      unsaidMessages = 0;
    }
  }
}
