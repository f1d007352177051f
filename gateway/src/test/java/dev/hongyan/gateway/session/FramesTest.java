package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.session.Frames.Delivery;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is built once for many receivers says to each what is meant for it. */
class FramesTest {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final Frames frames = new Frames(allocator);

  private static LogEntry entry(long seq) {
    byte[] event = ("{\"id\":\"" + seq + "\"}").getBytes(StandardCharsets.UTF_8);
    return new LogEntry("acme", "e1", seq, new EntryHeader(seq, "app.x", null, 0, 0), event);
  }

  private static Delivery delivery(String name, long prev, LogEntry... entries) {
    return new Delivery(
        name.getBytes(StandardCharsets.UTF_8), "e1", prev, new ArrayList<>(List.of(entries)), null);
  }

  /** What a receiver reads; the frame is let go of. */
  private String said(Delivery delivery) {
    ByteBuf frame = frames.build(null, List.of(delivery));
    try {
      assertThat(frame.readUnsignedByte()).isEqualTo((short) 0x81);
      int length = frame.readUnsignedByte();
      length = length == 126 ? frame.readUnsignedShort() : length;
      assertThat(frame.readableBytes()).isEqualTo(length);
      return frame.toString(StandardCharsets.UTF_8);
    } finally {
      frame.release();
    }
  }

  private static String expected(String name, long prev, long... seqs) {
    StringBuilder out =
        new StringBuilder(
            "{\"op\":\"deliver\",\"sub\":\"%s\",\"prev\":\"e1:%d\",\"n\":%d}"
                .formatted(name, prev, seqs.length));
    for (long seq : seqs) {
      out.append(
          "\n{\"op\":\"msg\",\"cursor\":\"e1:%d\",\"event\":{\"id\":\"%d\"}}".formatted(seq, seq));
    }
    return out.toString();
  }

  @Test
  void receiversOfTheSameMessagesEachGetTheirOwnNameAndPlace() {
    LogEntry five = entry(5);
    LogEntry six = entry(6);
    for (int round = 0; round < 2; round++) { // the second finds what the first has left
      for (int i = 0; i < 40; i++) {
        assertThat(said(delivery("r" + i, 4, five, six))).isEqualTo(expected("r" + i, 4, 5, 6));
        assertThat(said(delivery("r" + i, i, six))).isEqualTo(expected("r" + i, i, 6));
        assertThat(said(delivery("same", 4, five))).isEqualTo(expected("same", 4, 5));
      }
    }
    frames.endTick();
    assertThat(said(delivery("r1", 5, six))).isEqualTo(expected("r1", 5, 6));
    frames.endTick();
    assertThat(allocator.metric().usedDirectMemory()).as("nothing is held between ticks").isZero();
  }

  @Test
  void aFrameThatSaysTheSameToTwoIsOneBuffer() {
    LogEntry five = entry(5);
    ByteBuf one = frames.build(null, List.of(delivery("ticker", 4, five)));
    ByteBuf two = frames.build(null, List.of(delivery("ticker", 4, five)));
    assertThat(two.memoryAddress()).isEqualTo(one.memoryAddress());
    one.release();
    two.release();
    frames.endTick();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void whatOneSocketTookOfAFrameIsNotMissingAtTheNext() { // it was, for subscriptions of one name
    LogEntry five = entry(5);
    ByteBuf one = frames.build(null, List.of(delivery("ticker", 4, five)));
    int whole = one.readableBytes();
    one.skipBytes(7).release(); // as after a write of seven bytes
    ByteBuf two = frames.build(null, List.of(delivery("ticker", 4, five)));
    assertThat(two.readableBytes()).isEqualTo(whole);
    two.release();
    frames.endTick();
  }
}
