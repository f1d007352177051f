package dev.hongyan.bench.peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Putting what goes over the wire together. */
final class Bytes {
  private Bytes() {}

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] join(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] whole = Arrays.copyOf(parts[0], length);
    int at = parts[0].length;
    for (int i = 1; i < parts.length; i++) {
      System.arraycopy(parts[i], 0, whole, at, parts[i].length);
      at += parts[i].length;
    }
    return whole;
  }
}
