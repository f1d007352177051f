package dev.hongyan.gateway.session;

import dev.hongyan.router.log.LogEntry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds text frames: control lines and deliveries, one line each. What says the same to many
 * receivers is built once per tick: a whole frame and its buffer when the subscriptions have the
 * same name too, else all that follows the name, which is then copied as one piece (copying it
 * costs less than a second buffer would in the kernel). For one thread.
 */
final class Frames {
  private static final byte[] DELIVER = ascii("{\"op\":\"deliver\",\"sub\":\"");
  private static final byte[] PREV = ascii("\",\"prev\":\"");
  private static final byte[] N = ascii("\",\"n\":");
  private static final int TAILS = 16;
  private static final int NAMES_PER_TAIL = 4;

  private final ByteBufAllocator allocator;
  private final List<Tail> tails = new ArrayList<>(TAILS);
  private int replaceNext;

  Frames(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /**
   * The staged messages of one subscription.
   *
   * @param prev place of the message before, -1 for not saying
   * @param own lines for this receiver alone, null where the lines of the entries serve
   */
  record Delivery(
      byte[] name, String epoch, long prev, List<LogEntry> entries, @Nullable List<byte[]> own) {
    int bytes() {
      int sum = DELIVER.length + name.length + PREV.length + epoch.length() + 21 + N.length + 12;
      for (int i = 0; i < entries.size(); i++) {
        sum += line(i).length + 1;
      }
      return sum;
    }

    byte[] line(int i) {
      return own == null ? entries.get(i).line() : own.get(i);
    }
  }

  /** What follows the name in a delivery, and whole frames of it for the names that came first. */
  private static final class Tail {
    final long prev;
    final List<LogEntry> entries;
    final byte[] bytes;
    final List<Named> frames = new ArrayList<>(NAMES_PER_TAIL);

    Tail(Delivery d, byte[] bytes) {
      this.prev = d.prev;
      this.entries = d.entries;
      this.bytes = bytes;
    }

    boolean isOf(Delivery d) {
      if (prev != d.prev || entries.size() != d.entries.size()) {
        return false;
      }
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i) != d.entries.get(i)) {
          return false;
        }
      }
      return true;
    }

    @Nullable ByteBuf frameFor(byte[] name) {
      for (int i = 0; i < frames.size(); i++) {
        if (Arrays.equals(frames.get(i).name, name)) {
          return frames.get(i).frame;
        }
      }
      return null;
    }

    void release() {
      for (int i = 0; i < frames.size(); i++) {
        frames.get(i).frame.release();
      }
    }
  }

  private record Named(byte[] name, ByteBuf frame) {}

  /** One frame with all of this; the caller owns a reference. */
  ByteBuf build(@Nullable List<byte[]> control, List<Delivery> deliveries) {
    if (control == null && deliveries.size() == 1 && deliveries.get(0).own() == null) {
      return shared(deliveries.get(0));
    }
    return encode(control == null ? List.of() : control, deliveries);
  }

  /** Ends a tick: lets go of what was shared in it. */
  void endTick() {
    for (Tail t : tails) {
      t.release();
    }
    tails.clear();
    replaceNext = 0;
  }

  private ByteBuf shared(Delivery delivery) {
    Tail tail = tail(delivery);
    ByteBuf known = tail.frameFor(delivery.name);
    if (known != null) {
      return known.retainedDuplicate();
    }
    int length = DELIVER.length + delivery.name.length + tail.bytes.length;
    ByteBuf out = allocator.directBuffer(10 + length).writerIndex(10);
    out.writeBytes(DELIVER).writeBytes(delivery.name).writeBytes(tail.bytes);
    ByteBuf frame = withHeader(out);
    if (tail.frames.size() == NAMES_PER_TAIL) {
      return frame;
    }
    // Kept with its own place: a socket that takes only a part moves the one it was given.
    tail.frames.add(new Named(delivery.name, frame));
    return frame.retainedDuplicate();
  }

  private Tail tail(Delivery delivery) {
    for (int i = 0; i < tails.size(); i++) {
      if (tails.get(i).isOf(delivery)) {
        return tails.get(i);
      }
    }
    ByteBuf rest = allocator.heapBuffer(delivery.bytes());
    encodeTail(delivery, rest);
    byte[] bytes = new byte[rest.readableBytes()];
    rest.readBytes(bytes).release();
    Tail made = new Tail(delivery, bytes);
    if (tails.size() < TAILS) {
      tails.add(made);
    } else {
      tails.set(replaceNext, made).release();
      replaceNext = (replaceNext + 1) % TAILS;
    }
    return made;
  }

  private ByteBuf encode(List<byte[]> control, List<Delivery> deliveries) {
    int most = 10;
    for (byte[] line : control) {
      most += line.length + 1;
    }
    for (Delivery d : deliveries) {
      most += d.bytes();
    }
    ByteBuf out = allocator.directBuffer(most);
    out.writerIndex(10); // the header needs 2 to 10 bytes; it is written backwards from here
    boolean first = true;
    for (byte[] line : control) {
      if (!first) {
        out.writeByte('\n');
      }
      first = false;
      out.writeBytes(line);
    }
    for (Delivery d : deliveries) {
      if (!first) {
        out.writeByte('\n');
      }
      first = false;
      encode(d, out);
    }
    return withHeader(out);
  }

  private static void encode(Delivery d, ByteBuf out) {
    out.writeBytes(DELIVER).writeBytes(d.name);
    encodeTail(d, out);
  }

  private static void encodeTail(Delivery d, ByteBuf out) {
    if (d.prev >= 0) {
      out.writeBytes(PREV);
      out.writeCharSequence(d.epoch, StandardCharsets.US_ASCII);
      out.writeByte(':');
      out.writeCharSequence(Long.toString(d.prev), StandardCharsets.US_ASCII);
    }
    out.writeBytes(N);
    out.writeCharSequence(Integer.toString(d.entries.size()), StandardCharsets.US_ASCII);
    out.writeByte('}');
    for (int i = 0; i < d.entries.size(); i++) {
      out.writeByte('\n').writeBytes(d.line(i));
    }
  }

  /** RFC 6455, 5.2: FIN, text, unmasked, the shortest length that fits. */
  private static ByteBuf withHeader(ByteBuf out) {
    int length = out.writerIndex() - 10;
    if (length < 126) {
      out.setByte(8, 0x81).setByte(9, length).readerIndex(8);
    } else if (length < 65_536) {
      out.setByte(6, 0x81).setByte(7, 126).setShort(8, length).readerIndex(6);
    } else {
      out.setByte(0, 0x81).setByte(1, 127).setLong(2, length).readerIndex(0);
    }
    return out;
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }
}
