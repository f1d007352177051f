package dev.hongyan.tenant.routing;

import dev.hongyan.tenant.secret.Secret;
import java.util.Base64;
import java.util.random.RandomGenerator;

/** Secrets as Standard Webhooks writes them: {@code whsec_} and base64. */
final class Secrets {
  static final String EXPECTED = "whsec_ and base64 of 24 to 64 bytes";

  private static final String PREFIX = "whsec_";
  private static final int BYTES_MIN = 24;
  private static final int BYTES_MAX = 64;
  private static final int BYTES_MADE = 32;

  private Secrets() {}

  static Secret make(RandomGenerator random) {
    byte[] bytes = new byte[BYTES_MADE];
    random.nextBytes(bytes);
    return Secret.of(PREFIX + Base64.getEncoder().encodeToString(bytes));
  }

  /** Only base64 that every library reads as the same bytes: padded, no stray bits. */
  static boolean isOne(String text) {
    if (!text.startsWith(PREFIX)) {
      return false;
    }
    String base64 = text.substring(PREFIX.length());
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return bytes.length >= BYTES_MIN
          && bytes.length <= BYTES_MAX
          && Base64.getEncoder().encodeToString(bytes).equals(base64);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
