package dev.hongyan.wechat.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * WeChat's push signature: lower-case hex SHA-1 over the concatenation of the parts, sorted by code
 * units, without separator. Plain pushes and URL verification sign {@code token, timestamp, nonce};
 * encrypted pushes and replies sign {@code token, timestamp, nonce, Encrypt}
 * (developers.weixin.qq.com, message push).
 */
public final class Signatures {
  private Signatures() {}

  /** The signature of {@code parts}; their order does not matter. */
  public static String sha1Hex(String... parts) {
    String[] sorted = parts.clone();
    Arrays.sort(sorted);
    MessageDigest sha1 = Digests.newDigest("SHA-1");
    for (String part : sorted) {
      sha1.update(part.getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(sha1.digest());
  }

  /** Whether {@code given} is the signature of {@code parts}, compared in constant time. */
  public static boolean matches(@Nullable String given, String... parts) {
    byte[] expected = sha1Hex(parts).getBytes(StandardCharsets.US_ASCII);
    byte[] actual = (given == null ? "" : given).getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(expected, actual);
  }
}
