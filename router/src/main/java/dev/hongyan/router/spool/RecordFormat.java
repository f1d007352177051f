package dev.hongyan.router.spool;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A message as bytes in a segment, all numbers big-endian:
 *
 * <pre>
 * mark     8  the segment's own random number, so that no message can hold bytes that look like a
 *             record to a reader that has lost its place
 * length   4  of the body
 * crc      4  CRC32C of length and body
 * body        version 1 (1 byte), spooled at, id, time, deadline (8 bytes each), then tenant, account,
 *             dedupe key, topic, subject (4 bytes of length, -1 for none, and UTF-8), then the event
 * </pre>
 */
final class RecordFormat {
  /** Mark, length and checksum. */
  static final int HEAD_BYTES = 16;

  /** An event of the largest size, and its topic and subject, which are no larger. */
  static final int BODY_BYTES_MAX = 2 * LogAppender.MAX_EVENT_BYTES + 64 * 1024;

  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 1 + 4 * 8 + 5 * 4;

  private RecordFormat() {}

  /**
   * The whole record; its mark is still zero.
   *
   * @throws dev.hongyan.observability.problem.ProblemException TOO_LARGE
   */
  static byte[] encode(NewMessage message, long spooledAtMillis) {
    EntryHeader header = message.header();
    byte[] tenant = utf8(message.tenant());
    byte @Nullable [] account = utf8OrNull(message.account());
    byte @Nullable [] key = utf8OrNull(message.dedupeKey());
    byte[] topic = utf8(header.topic());
    byte @Nullable [] subject = utf8OrNull(header.subject());
    long body =
        (long) FIXED_BYTES
            + tenant.length
            + length(account)
            + length(key)
            + topic.length
            + length(subject)
            + message.event().length;
    if (message.event().length > LogAppender.MAX_EVENT_BYTES || body > BODY_BYTES_MAX) {
      throw Problem.TOO_LARGE.because("event over " + LogAppender.MAX_EVENT_BYTES + " bytes");
    }
    byte[] record = new byte[HEAD_BYTES + (int) body];
    ByteBuffer out = ByteBuffer.wrap(record);
    out.putLong(0).putInt((int) body).putInt(0);
    out.put(VERSION).putLong(spooledAtMillis);
    out.putLong(header.id()).putLong(header.timeMillis()).putLong(header.deadlineMillis());
    put(out, tenant);
    put(out, account);
    put(out, key);
    put(out, topic);
    put(out, subject);
    out.put(message.event());
    out.putInt(12, checksum(record, 0, (int) body));
    return record;
  }

  /** Says which segment an encoded record is for. */
  static void mark(byte[] record, long mark) {
    ByteBuffer.wrap(record).putLong(0, mark);
  }

  /**
   * The body's length when a whole and undamaged record begins at {@code at}, else -1.
   *
   * @param to where the bytes end
   */
  static int bodyLength(byte[] data, int at, int to, long mark) {
    if (to - at < HEAD_BYTES) {
      return -1;
    }
    ByteBuffer in = ByteBuffer.wrap(data);
    int length = in.getInt(at + 8);
    return in.getLong(at) == mark
            && isLength(length)
            && length <= to - at - HEAD_BYTES
            && in.getInt(at + 12) == checksum(data, at, length)
        ? length
        : -1;
  }

  /** Whether what begins at {@code at} is a record that was not written to its end. */
  static boolean isTorn(byte[] data, int at, int to, long mark) {
    ByteBuffer in = ByteBuffer.wrap(data);
    if (to - at < HEAD_BYTES) {
      return true;
    }
    if (in.getLong(at) == mark) {
      int length = in.getInt(at + 8);
      return isLength(length) && length > to - at - HEAD_BYTES;
    }
    for (int i = at; i < to; i++) {
      if (data[i] != 0) {
        return false;
      }
    }
    return true; // the file had grown, its contents had not arrived
  }

  /** Null when this version cannot be read here. */
  static @Nullable Spooled decode(byte[] data, int at, int bodyLength) {
    ByteBuffer in = ByteBuffer.wrap(data, at + HEAD_BYTES, bodyLength);
    try {
      if (in.get() != VERSION) {
        return null;
      }
      long spooledAt = in.getLong();
      long id = in.getLong();
      long time = in.getLong();
      long deadline = in.getLong();
      String tenant = text(in);
      String account = text(in);
      String key = text(in);
      String topic = text(in);
      String subject = text(in);
      if (tenant == null || topic == null) {
        return null;
      }
      byte[] event = new byte[in.remaining()];
      in.get(event);
      EntryHeader header = new EntryHeader(id, topic, subject, time, deadline);
      return new Spooled(
          new NewMessage(tenant, header, account, key, event), spooledAt, HEAD_BYTES + bodyLength);
    } catch (BufferUnderflowException | IllegalArgumentException malformed) {
      return null;
    }
  }

  private static boolean isLength(int length) {
    return length >= FIXED_BYTES && length <= BODY_BYTES_MAX;
  }

  private static int checksum(byte[] data, int at, int bodyLength) {
    CRC32C crc = new CRC32C();
    crc.update(data, at + 8, 4);
    crc.update(data, at + HEAD_BYTES, bodyLength);
    return (int) crc.getValue();
  }

  private static @Nullable String text(ByteBuffer in) {
    int length = in.getInt();
    if (length == -1) {
      return null;
    }
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    return text;
  }

  private static void put(ByteBuffer out, byte @Nullable [] bytes) {
    if (bytes == null) {
      out.putInt(-1);
    } else {
      out.putInt(bytes.length).put(bytes);
    }
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte @Nullable [] utf8OrNull(@Nullable String text) {
    return text == null ? null : utf8(text);
  }
}
