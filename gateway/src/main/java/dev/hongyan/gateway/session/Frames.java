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
 * Builds text frames: control lines and deliveries, one line each. A frame that says the same to
 * many receivers (same subscription name, same previous cursor, same messages) is built once per
 * tick and its buffer shared. For one thread.
 */
final class Frames {
  private static final byte[] DELIVER = ascii("{\"op\":\"deliver\",\"sub\":\"");
  private static final byte[] PREV = ascii("\",\"prev\":\"");
  private static final byte[] N = ascii("\",\"n\":");
  private static final int REMEMBERED = 16;

  private final ByteBufAllocator allocator;
  private final List<Shared> shared = new ArrayList<>(REMEMBERED);
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

    boolean sameAs(Delivery other) {
      if (prev != other.prev
          || entries.size() != other.entries.size()
          || !Arrays.equals(name, other.name)) {
        return false;
      }
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i) != other.entries.get(i)) {
          return false;
        }
      }
      return true;
    }
  }

  private record Shared(Delivery delivery, ByteBuf frame) {}

  /** One frame with all of this; the caller owns a reference. */
  ByteBuf build(@Nullable List<byte[]> control, List<Delivery> deliveries) {
    if (control == null && deliveries.size() == 1 && deliveries.get(0).own() == null) {
      return shared(deliveries.get(0));
    }
    return encode(control == null ? List.of() : control, deliveries);
  }

  /** Ends a tick: lets go of what was shared in it. */
  void endTick() {
    for (Shared s : shared) {
      s.frame.release();
    }
    shared.clear();
    replaceNext = 0;
  }

  private ByteBuf shared(Delivery delivery) {
    for (int i = 0; i < shared.size(); i++) {
      Shared s = shared.get(i);
      if (s.delivery.sameAs(delivery)) {
        return s.frame.retainedDuplicate();
      }
    }
    ByteBuf frame = encode(List.of(), List.of(delivery));
    Shared made = new Shared(delivery, frame.retain());
    if (shared.size() < REMEMBERED) {
      shared.add(made);
    } else {
      shared.set(replaceNext, made).frame.release();
      replaceNext = (replaceNext + 1) % REMEMBERED;
    }
    return frame;
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
