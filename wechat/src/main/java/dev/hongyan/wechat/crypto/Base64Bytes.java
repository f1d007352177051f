package dev.hongyan.wechat.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Strict base64 of byte slices into a given array. The JDK's decoder takes whole arrays only, which
 * would cost a copy of every push.
 */
final class Base64Bytes {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);

  /** What a character means as the first to fourth of its four; negative for no such character. */
  private static final int[] FIRST = values(18);

  private static final int[] SECOND = values(12);
  private static final int[] THIRD = values(6);
  private static final int[] FOURTH = values(0);

  private static int[] values(int shift) {
    int[] values = new int[256];
    Arrays.fill(values, -1);
    for (int i = 0; i < ALPHABET.length; i++) {
      values[ALPHABET[i]] = i << shift;
    }
    return values;
  }

  private Base64Bytes() {}

  /** The most bytes that {@code length} characters decode to. */
  static int decodedLengthMax(int length) {
    return length / 4 * 3;
  }

  /**
   * Decodes standard base64 with padding. Up to two bytes behind the result are overwritten, too.
   *
   * @return the number of bytes written, or -1 if the text is not base64
   */
  static int decode(byte[] text, int start, int length, byte[] out) {
    if ((length & 3) != 0) {
      return -1;
    }
    if (length == 0) {
      return 0;
    }
    int end = start + length;
    int pads = text[end - 1] != '=' ? 0 : text[end - 2] != '=' ? 1 : 2;
    int whole = pads == 0 ? end : end - 4;
    int at = 0;
    int i = start;
    // Eight characters are six bytes. Eight are written, and the next write covers the last two.
    for (int last = Math.min(whole - 8, start + Math.floorDiv(out.length - 8, 3) * 4);
        i <= last;
        i += 8) {
      long high = quad(text, i);
      long low = quad(text, i + 4);
      if ((high | low) < 0) {
        return -1;
      }
      LONGS.set(out, at, high << 40 | low << 16);
      at += 6;
    }
    for (; i < whole; i += 4) {
      int quad = quad(text, i);
      if (quad < 0) {
        return -1;
      }
      out[at] = (byte) (quad >> 16);
      out[at + 1] = (byte) (quad >> 8);
      out[at + 2] = (byte) quad;
      at += 3;
    }
    if (pads != 0) {
      int quad =
          FIRST[text[i] & 255]
              | SECOND[text[i + 1] & 255]
              | (pads == 1 ? THIRD[text[i + 2] & 255] : 0);
      if (quad < 0) {
        return -1;
      }
      out[at++] = (byte) (quad >> 16);
      if (pads == 1) {
        out[at++] = (byte) (quad >> 8);
      }
    }
    return at;
  }

  /** Three bytes of four characters; negative when one of them is not base64. */
  private static int quad(byte[] text, int i) {
    return FIRST[text[i] & 255]
        | SECOND[text[i + 1] & 255]
        | THIRD[text[i + 2] & 255]
        | FOURTH[text[i + 3] & 255];
  }
}
