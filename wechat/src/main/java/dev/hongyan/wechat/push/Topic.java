package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Builds a topic from words that may hold anything. Inside a word {@code . * # %}, white space and
 * control characters are percent-encoded as UTF-8 with upper-case digits, everything else stays as
 * it came. Used by one thread.
 */
final class Topic {
  /** A longer word (a menu's URL, say) is cut here in the topic; the data has it whole. */
  static final int WORD_BYTES_MAX = 256;

  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final boolean[] ENCODED = new boolean[128];

  static {
    Arrays.fill(ENCODED, 0, ' ' + 1, true);
    for (char c : new char[] {'.', '*', '#', '%', 0x7f}) {
      ENCODED[c] = true;
    }
  }

  /** Room for a prefix and five words of which every byte is encoded. */
  private final byte[] bytes = new byte[32 + 5 * (WORD_BYTES_MAX * 3 + 1)];

  private int length;

  void start(Product product) {
    String prefix = product.topicPrefix();
    length = prefix.length();
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) prefix.charAt(i);
    }
  }

  /** Adds a word; an empty one adds nothing. */
  void word(byte[] from, int start, int count) {
    if (count == 0) {
      return;
    }
    int stop = start + count;
    if (count > WORD_BYTES_MAX) {
      stop = start + WORD_BYTES_MAX;
      while ((from[stop] & 0xc0) == 0x80) {
        stop--;
      }
    }
    bytes[length++] = '.';
    int at = start;
    while (at < stop) {
      byte b = from[at];
      if (b >= 0) {
        if (ENCODED[b]) {
          encode(b);
        } else {
          bytes[length++] = b;
        }
        at++;
      } else {
        at = beyondAscii(from, at, stop);
      }
    }
  }

  private int beyondAscii(byte[] from, int at, int stop) {
    int first = from[at] & 255;
    int size = Math.min(first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, stop - at);
    int codePoint = first & (0x7f >> size);
    for (int i = 1; i < size; i++) {
      codePoint = (codePoint << 6) | (from[at + i] & 0x3f);
    }
    boolean encoded =
        Character.isISOControl(codePoint)
            || Character.isSpaceChar(codePoint)
            || Character.isWhitespace(codePoint);
    for (int i = 0; i < size; i++) {
      if (encoded) {
        encode(from[at + i]);
      } else {
        bytes[length++] = from[at + i];
      }
    }
    return at + size;
  }

  private void encode(byte b) {
    bytes[length++] = '%';
    bytes[length++] = HEX[b >> 4 & 15];
    bytes[length++] = HEX[b & 15];
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
