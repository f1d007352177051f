package dev.hongyan.wechat.document;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds bytes eight at a time: most bytes of a push are text that nobody needs to look at singly.
 */
public final class ByteScan {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private ByteScan() {}

  /** Index of the first byte that is one of three ASCII characters, or {@code end}. */
  public static int indexOf(byte[] bytes, int start, int end, char first, char second, char third) {
    long firstPattern = first * LOW_ONES;
    long secondPattern = second * LOW_ONES;
    long thirdPattern = third * LOW_ONES;
    int at = start;
    for (; at + 8 <= end; at += 8) {
      long word = (long) LONGS.get(bytes, at);
      // A byte equal to a pattern becomes zero, and the lowest zero byte is found exactly.
      long found =
          zeroBytes(word ^ firstPattern)
              | zeroBytes(word ^ secondPattern)
              | zeroBytes(word ^ thirdPattern);
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (at < end && bytes[at] != first && bytes[at] != second && bytes[at] != third) {
      at++;
    }
    return at;
  }

  /**
   * High bits at zero bytes; bits above the lowest one may be wrong, which does not matter here.
   */
  private static long zeroBytes(long word) {
    return word - LOW_ONES & ~word & HIGH_BITS;
  }
}
