package dev.hongyan.wechat.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The AES-256 key of a push account, written by WeChat as 43 base64 characters (EncodingAESKey).
 * Its first 16 bytes are also the initialisation vector. Immutable; never shows its value.
 */
public final class EncodingAesKey {
  private static final int TEXT_LENGTH = 43;
  private static final int KEY_LENGTH = 32;

  private final byte[] bytes;
  private final int hash;
  final SecretKeySpec key;
  final IvParameterSpec iv;

  private EncodingAesKey(byte[] bytes) {
    this.bytes = bytes;
    int sum = Arrays.hashCode(bytes);
    this.hash = sum ^ sum >>> 16 ^ sum >>> 8;
    this.key = new SecretKeySpec(bytes, "AES");
    this.iv = new IvParameterSpec(bytes, 0, 16);
  }

  /**
   * Reads a key as shown in the account's settings. The last character carries two surplus bits
   * that WeChat often leaves set; they are ignored.
   *
   * @throws IllegalArgumentException if the text is not 43 characters of A–Z, a–z, 0–9, + and /;
   *     the message does not repeat the value
   */
  public static EncodingAesKey parse(String text) {
    if (text.length() != TEXT_LENGTH) {
      throw new IllegalArgumentException(
          "EncodingAESKey must be 43 characters long, this one has " + text.length());
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(text + "=");
    } catch (IllegalArgumentException e) {
      // The cause would quote the offending character of a secret, so it is not passed on.
      throw new IllegalArgumentException(
          "EncodingAESKey must consist of A-Z, a-z, 0-9, + and / only");
    }
    if (decoded.length != KEY_LENGTH) {
      throw new IllegalArgumentException(
          "EncodingAESKey must consist of A-Z, a-z, 0-9, + and / only");
    }
    return new EncodingAesKey(decoded);
  }

  /** A copy of the 32 key bytes. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EncodingAesKey that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return "EncodingAesKey[hidden]";
  }
}
