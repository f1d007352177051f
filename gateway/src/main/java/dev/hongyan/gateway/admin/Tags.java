package dev.hongyan.gateway.admin;

import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Strong entity tags: a digest of the bytes that are answered, so that equal answers have equal
 * tags on every node and after every restart.
 */
final class Tags {
  private static final int BYTES = 16;

  private Tags() {}

  /** The tag of an answer, quotes included. */
  static String of(Buffer body) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes());
      return '"'
          + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, BYTES))
          + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Whether a list of tags, or {@code *}, takes this one.
   *
   * @param weak whether a tag that is marked as weak counts too, as it does for {@code
   *     If-None-Match} and does not for {@code If-Match}
   */
  static boolean take(String header, String tag, boolean weak) {
    for (String each : header.split(",")) {
      String given = each.strip();
      if (given.equals("*") || given.equals(tag) || weak && given.equals("W/" + tag)) {
        return true;
      }
    }
    return false;
  }
}
