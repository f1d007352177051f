package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Frames of deliveries and acks of cursors. In this package because the classes that do it are
 * nobody else's.
 *
 * <pre>bin/bench jmh SessionSteps</pre>
 */
@State(Scope.Thread)
public class SessionSteps {
  private static final int RECEIVERS = 1_000;
  private static final String EPOCH = "k3v9x2";

  private final Frames frames = new Frames(PooledByteBufAllocator.DEFAULT);
  private final byte[] event =
      ("{\"specversion\":\"1.0\",\"id\":\"724000000000000000\",\"data\":{\"pad\":\""
              + "x".repeat(256)
              + "\"}}")
          .getBytes(StandardCharsets.US_ASCII);
  private final List<LogEntry> entries = List.of(entry(42));
  private final List<Frames.Delivery> sameName = deliveries(false);
  private final List<Frames.Delivery> ownNames = deliveries(true);
  private final byte[] ack =
      ("{\"op\":\"ack\",\"sub\":\"orders\",\"cursor\":\"" + EPOCH + ":1234567\"}")
          .getBytes(StandardCharsets.US_ASCII);

  private LogEntry entry(long seq) {
    return new LogEntry(
        "bench", EPOCH, seq, new EntryHeader(seq, "app.bench", "u1", 1_763_700_000_000L, 0), event);
  }

  private List<Frames.Delivery> deliveries(boolean named) {
    List<Frames.Delivery> out = new ArrayList<>();
    for (int i = 0; i < RECEIVERS; i++) {
      byte[] name = (named ? "r" + i : "all").getBytes(StandardCharsets.US_ASCII);
      out.add(new Frames.Delivery(name, EPOCH, 41, entries, null));
    }
    return out;
  }

  @TearDown
  public void end() {
    frames.endTick();
  }

  /** Per receiver: one message to a thousand whose subscriptions have the same name. */
  @Benchmark
  @OperationsPerInvocation(RECEIVERS)
  public int frameForOneOf1000OfTheSameName() {
    return tick(sameName);
  }

  /** Per receiver: the same where each has a name of its own, so each frame is copied. */
  @Benchmark
  @OperationsPerInvocation(RECEIVERS)
  public int frameForOneOf1000OfDifferentNames() {
    return tick(ownNames);
  }

  private int tick(List<Frames.Delivery> deliveries) {
    int bytes = 0;
    for (int i = 0; i < RECEIVERS; i++) {
      ByteBuf frame = frames.build(null, deliveries.subList(i, i + 1));
      bytes += frame.readableBytes();
      frame.release();
    }
    frames.endTick();
    return bytes;
  }

  /** The line of a message, once for all its receivers. */
  @Benchmark
  public byte[] lineOfAMessage() {
    return entry(43).line();
  }

  /** An ack of one cursor, from the bytes of the frame to the place in the log. */
  @Benchmark
  public long cursorAck() {
    ClientOp op = ClientOp.parse(ack, 0, ack.length);
    Cursor cursor = op == null ? null : Cursor.parse(op.cursor());
    if (cursor == null) {
      throw new IllegalStateException("not an ack");
    }
    return cursor.seq();
  }
}
