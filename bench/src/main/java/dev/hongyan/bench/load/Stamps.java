package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the generator writes into a message to know it again: its number and when it was meant to be
 * sent. Both stand at fixed places from the end of the line, so that reading them costs nothing.
 *
 * <pre>{"pad":"xx…","n":"0000000042","t":"0000000012345678"}</pre>
 */
public final class Stamps {
  private static final int N_DIGITS = 10;
  private static final int T_DIGITS = 16;
  private static final String BEFORE_N = "\",\"n\":\"";
  private static final String BEFORE_T = "\",\"t\":\"";

  /** Closes the text, the data, the event and the message. */
  private static final int CLOSING = 4;

  private static final int T_FROM_END = CLOSING + T_DIGITS;
  private static final int N_FROM_END = T_FROM_END + BEFORE_T.length() + N_DIGITS;

  private Stamps() {}

  /** Data of exactly {@code bytes} bytes, or a little more than 70 if that is less. */
  public static byte[] data(int bytes, long n, long nanos) {
    String tail = BEFORE_N + digits(n, N_DIGITS) + BEFORE_T + digits(nanos, T_DIGITS) + "\"}";
    String head = "{\"pad\":\"";
    char[] pad = new char[Math.max(1, bytes - head.length() - tail.length())];
    Arrays.fill(pad, 'x');
    return (head + new String(pad) + tail).getBytes(StandardCharsets.US_ASCII);
  }

  /** The number in the message that ends before {@code end}; -1 when there is none. */
  static long number(ByteBuf line, int end) {
    return digits(line, end - N_FROM_END, N_DIGITS);
  }

  /**
   * When the message that ends before {@code end} was meant to be sent; -1 when it does not say.
   */
  static long nanos(ByteBuf line, int end) {
    return digits(line, end - T_FROM_END, T_DIGITS);
  }

  private static long digits(ByteBuf line, int from, int count) {
    if (from < 0) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < from + count; i++) {
      int digit = line.getByte(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static String digits(long value, int count) {
    String text = Long.toString(value);
    return "0".repeat(count - text.length()) + text;
  }
}
