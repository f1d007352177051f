package dev.hongyan.tenant.secret;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key that all other secrets are sealed with: 256 bits, as base64 in configuration or in a
 * file. Whoever loses it loses every stored secret, so it belongs into the backup, apart from the
 * data.
 */
public final class MasterKey {
  static final int ID_CHARS = 8;
  private static final int BYTES = 32;

  private final SecretKey key;
  private final String id;

  private MasterKey(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "the master key must be base64 of 32 bytes, not of " + bytes.length);
    }
    this.key = new SecretKeySpec(bytes, "AES");
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      this.id = HexFormat.of().formatHex(digest, 0, ID_CHARS / 2);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A new one. */
  public static MasterKey make(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return new MasterKey(bytes);
  }

  /** From base64 (standard or URL alphabet) of 32 bytes. */
  public static MasterKey of(String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64.strip().replace('-', '+').replace('_', '/'));
    } catch (IllegalArgumentException e) {
      // The decoder's message repeats a part of the key.
      throw new IllegalArgumentException("the master key is not base64");
    }
    return new MasterKey(bytes);
  }

  /** Names the key without telling anything about it: 8 hex digits. */
  public String id() {
    return id;
  }

  SecretKey key() {
    return key;
  }

  /** As {@link #of} reads it. */
  String base64() {
    return Base64.getEncoder().encodeToString(key.getEncoded());
  }

  /** Whether this may be the id of a key. */
  static boolean isId(String text) {
    return text.length() == ID_CHARS
        && text.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MasterKey k
        && MessageDigest.isEqual(key.getEncoded(), k.key.getEncoded());
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return "MasterKey[" + id + "]";
  }
}
