package dev.hongyan.wechat.crypto;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Strict base64 of byte slices into a given array. The JDK's decoder takes whole arrays only, which
 * would cost a copy of every push.
 */
final class Base64Bytes {
  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VALUES = new byte[256];

  static {
    Arrays.fill(VALUES, (byte) -1);
    for (int i = 0; i < ALPHABET.length; i++) {
      VALUES[ALPHABET[i]] = (byte) i;
    }
  }

  private Base64Bytes() {}

  /** The most bytes that {@code length} characters decode to. */
  static int decodedLengthMax(int length) {
    return length / 4 * 3;
  }

  /**
   * Decodes standard base64 with padding.
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
    for (; i < whole; i += 4) {
      int quad =
          VALUES[text[i] & 255] << 18
              | VALUES[text[i + 1] & 255] << 12
              | VALUES[text[i + 2] & 255] << 6
              | VALUES[text[i + 3] & 255];
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
          VALUES[text[i] & 255] << 18
              | VALUES[text[i + 1] & 255] << 12
              | (pads == 1 ? VALUES[text[i + 2] & 255] << 6 : 0);
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
}
