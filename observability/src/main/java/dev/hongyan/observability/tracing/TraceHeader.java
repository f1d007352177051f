package dev.hongyan.observability.tracing;

/** The header {@code traceparent} of the W3C Trace Context recommendation, version 00. */
public final class TraceHeader {
  /** How long it always is. */
  public static final int LENGTH = 55;

  private static final int TRACE = 3;
  private static final int TRACE_LOW = 19;
  private static final int SPAN = 36;
  private static final int FLAGS = 53;
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private TraceHeader() {}

  /** Whether {@code text} is one: lower-case digits, neither id zero. */
  public static boolean isValid(String text) {
    if (text.length() != LENGTH
        || !text.startsWith("00-")
        || text.charAt(SPAN - 1) != '-'
        || text.charAt(FLAGS - 1) != '-') {
      return false;
    }
    int trace = 0;
    int span = 0;
    for (int i = TRACE; i < LENGTH; i++) {
      if (i != SPAN - 1 && i != FLAGS - 1) {
        int digit = digit(text.charAt(i));
        if (digit < 0) {
          return false;
        }
        if (i < SPAN - 1) {
          trace |= digit;
        } else if (i < FLAGS - 1) {
          span |= digit;
        }
      }
    }
    return trace != 0 && span != 0;
  }

  /** The first half of the trace id of a valid header. */
  static long traceHigh(String valid) {
    return hex(valid, TRACE);
  }

  /** Its second half, by which traces are sampled. */
  static long traceLow(String valid) {
    return hex(valid, TRACE_LOW);
  }

  static long span(String valid) {
    return hex(valid, SPAN);
  }

  /** Whether its sender keeps the trace. */
  static boolean isSampled(String valid) {
    return (digit(valid.charAt(LENGTH - 1)) & 1) != 0;
  }

  /** Writes one into {@code out}, where there is room for {@link #LENGTH} bytes from {@code at}. */
  public static void write(
      byte[] out, int at, long traceHigh, long traceLow, long span, boolean sampled) {
    out[at] = '0';
    out[at + 1] = '0';
    out[at + 2] = '-';
    hex(traceHigh, out, at + TRACE);
    hex(traceLow, out, at + TRACE_LOW);
    out[at + SPAN - 1] = '-';
    hex(span, out, at + SPAN);
    out[at + FLAGS - 1] = '-';
    out[at + FLAGS] = '0';
    out[at + FLAGS + 1] = (byte) (sampled ? '1' : '0');
  }

  private static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  private static long hex(String text, int from) {
    long bits = 0;
    for (int i = from; i < from + 16; i++) {
      bits = bits << 4 | digit(text.charAt(i));
    }
    return bits;
  }

  private static void hex(long bits, byte[] out, int at) {
    for (int i = 0; i < 16; i++) {
      out[at + i] = HEX[(int) (bits >>> (60 - 4 * i)) & 15];
    }
  }
}
