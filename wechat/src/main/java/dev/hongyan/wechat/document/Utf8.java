package dev.hongyan.wechat.document;

import dev.hongyan.wechat.document.MalformedDocument.Reason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, no NUL. */
public final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long LOW_ONES = 0x0101010101010101L;

  private Utf8() {}

  /** Refuses the slice unless it is UTF-8 without NUL. */
  public static void check(byte[] bytes, int start, int end) throws MalformedDocument {
    int at = start;
    while (at < end) {
      // Eight bytes at a time while they are ASCII: the difference borrows into a high bit for NUL
      // only.
      while (at + 8 <= end) {
        long word = (long) LONGS.get(bytes, at);
        if (((word | (word - LOW_ONES)) & HIGH_BITS) != 0) {
          break;
        }
        at += 8;
      }
      // At most eight more ASCII bytes, or one longer sequence, before trying words again.
      int stop = Math.min(end, at + 8);
      while (at < stop && bytes[at] > 0) {
        at++;
      }
      if (at < stop) {
        at = sequence(bytes, at, end);
      }
    }
  }

  /**
   * Checks the sequence at {@code at}, which is not a positive byte; returns where the next one
   * starts.
   */
  private static int sequence(byte[] bytes, int at, int end) throws MalformedDocument {
    int first = bytes[at] & 255;
    int length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > end) {
      throw new MalformedDocument(Reason.ENCODING, at);
    }
    int second = bytes[at + 1] & 255;
    int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) {
      throw new MalformedDocument(Reason.ENCODING, at);
    }
    for (int i = 2; i < length; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) {
        throw new MalformedDocument(Reason.ENCODING, at);
      }
    }
    return at + length;
  }

  /** Writes a code point; returns the number of bytes (1 to 4). */
  static int encode(int codePoint, byte[] out, int at) {
    if (codePoint < 0x80) {
      out[at] = (byte) codePoint;
      return 1;
    }
    if (codePoint < 0x800) {
      out[at] = (byte) (0xc0 | (codePoint >> 6));
      out[at + 1] = (byte) (0x80 | (codePoint & 0x3f));
      return 2;
    }
    if (codePoint < 0x10000) {
      out[at] = (byte) (0xe0 | (codePoint >> 12));
      out[at + 1] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
      out[at + 2] = (byte) (0x80 | (codePoint & 0x3f));
      return 3;
    }
    out[at] = (byte) (0xf0 | (codePoint >> 18));
    out[at + 1] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
    out[at + 2] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
    out[at + 3] = (byte) (0x80 | (codePoint & 0x3f));
    return 4;
  }
}
