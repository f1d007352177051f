package dev.hongyan.wechat.document;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of JSON text in UTF-8. Used by one thread. */
public final class JsonBuffer {
  private static final int KEEP_BYTES_MAX = 64 * 1024;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** 0: as it is; 'u': six-character escape; else the letter of the two-character escape. */
  private static final byte[] ESCAPES = new byte[256];

  static {
    Arrays.fill(ESCAPES, 0, ' ', (byte) 'u');
    ESCAPES['"'] = '"';
    ESCAPES['\\'] = '\\';
    ESCAPES['\n'] = 'n';
    ESCAPES['\r'] = 'r';
    ESCAPES['\t'] = 't';
    ESCAPES['\b'] = 'b';
    ESCAPES['\f'] = 'f';
  }

  private byte[] bytes = new byte[2048];
  private int length;

  /** Forgets the text. */
  public void clear() {
    length = 0;
    if (bytes.length > KEEP_BYTES_MAX) {
      bytes = new byte[2048];
    }
  }

  /** A copy of the text. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  void raw(char ascii) {
    ensure(1);
    bytes[length++] = (byte) ascii;
  }

  void raw(byte[] from, int start, int count) {
    ensure(count);
    System.arraycopy(from, start, bytes, length, count);
    length += count;
  }

  void quotedRaw(byte[] from, int start, int count) {
    ensure(count + 2);
    bytes[length++] = '"';
    System.arraycopy(from, start, bytes, length, count);
    length += count;
    bytes[length++] = '"';
  }

  /** Writes plain UTF-8 as a JSON string. */
  void quotedEscaped(byte[] from, int start, int count) {
    // Room for the worst case at once, so that the loop below has no checks.
    ensure(count * 6 + 2);
    byte[] out = bytes;
    int to = length;
    out[to++] = '"';
    int end = start + count;
    int run = start;
    for (int i = start; i < end; i++) {
      byte escape = ESCAPES[from[i] & 255];
      if (escape != 0) {
        System.arraycopy(from, run, out, to, i - run);
        to += i - run;
        out[to++] = '\\';
        out[to++] = escape;
        if (escape == 'u') {
          out[to++] = '0';
          out[to++] = '0';
          out[to++] = HEX[from[i] >> 4];
          out[to++] = HEX[from[i] & 15];
        }
        run = i + 1;
      }
    }
    System.arraycopy(from, run, out, to, end - run);
    to += end - run;
    out[to++] = '"';
    length = to;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
    }
  }
}
