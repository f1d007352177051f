package dev.hongyan.wechat.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * The AES envelope of WeChat's message push: AES-256-CBC over {@code random(16) ‖ length(4,
 * big-endian, unsigned) ‖ message ‖ receive id}, padded as PKCS#7 with block 32 (so pads of 17…32
 * occur, which the JDK's own padding refuses). See developers.weixin.qq.com, message encryption;
 * developer.work.weixin.qq.com path/90968.
 *
 * <p>Opening is done in two steps, {@link #load} and {@link #open}, so that a second key can be
 * tried without decoding again. Results stay in this object until the next call. Used by one
 * thread.
 */
public final class MessageCipher {
  /** Length of the random prefix. */
  public static final int RANDOM_LENGTH = 16;

  private static final int HEADER_LENGTH = RANDOM_LENGTH + 4;
  private static final int PAD_MAX = 32;

  /** Buffers above this size are given back after the message that needed them. */
  private static final int KEEP_BYTES_MAX = 64 * 1024;

  /**
   * Ciphers that already hold a key: expanding one costs more than decrypting a push. A key has one
   * place; keys that share it take turns. About 2.5 KiB each, made when first used.
   */
  private static final int CIPHERS = 256;

  private final @Nullable Cipher[] decrypting = new Cipher[CIPHERS];
  private final @Nullable EncodingAesKey[] decryptingKeys = new EncodingAesKey[CIPHERS];
  private final Cipher encrypting = newCipher();
  private byte[] ciphertext = new byte[4096];
  private byte[] plain = new byte[4096];
  private int ciphertextLength;
  private int messageLength;
  private int fullLength;

  /**
   * Decodes an {@code Encrypt} value: {@link Decryption#BASE64}, {@link Decryption#BLOCK} or OK.
   */
  public Decryption load(byte[] base64, int start, int length) {
    ciphertext = fit(ciphertext, Base64Bytes.decodedLengthMax(length));
    ciphertextLength = Base64Bytes.decode(base64, start, length, ciphertext);
    if (ciphertextLength < 0) {
      return Decryption.BASE64;
    }
    return ciphertextLength == 0 || ciphertextLength % 16 != 0 ? Decryption.BLOCK : Decryption.OK;
  }

  /** Decrypts what was loaded and checks padding and layout. */
  public Decryption open(EncodingAesKey key) {
    plain = fit(plain, ciphertextLength);
    int slot = key.hashCode() & CIPHERS - 1;
    try {
      // A finished decryption leaves the cipher at its initialisation vector again.
      int written = decrypting(key, slot).doFinal(ciphertext, 0, ciphertextLength, plain, 0);
      return layOut(written);
    } catch (GeneralSecurityException e) {
      decryptingKeys[slot] = null;
      return Decryption.DECRYPT;
    }
  }

  @SuppressWarnings(
      "ReferenceEquality") // An account's key object is one and the same for its life.
  private Cipher decrypting(EncodingAesKey key, int slot) throws GeneralSecurityException {
    Cipher cipher = decrypting[slot];
    if (cipher == null) {
      cipher = newCipher();
      decrypting[slot] = cipher;
    }
    if (decryptingKeys[slot] != key) {
      decryptingKeys[slot] = null;
      cipher.init(Cipher.DECRYPT_MODE, key.key, key.iv);
      decryptingKeys[slot] = key;
    }
    return cipher;
  }

  private Decryption layOut(int length) {
    int pad = plain[length - 1] & 255;
    if (pad < 1 || pad > PAD_MAX || pad > length) {
      return Decryption.PADDING;
    }
    int difference = 0;
    for (int i = length - pad; i < length; i++) {
      difference |= plain[i] ^ pad;
    }
    if (difference != 0) {
      return Decryption.PADDING;
    }
    fullLength = length - pad;
    if (fullLength < HEADER_LENGTH) {
      return Decryption.LAYOUT;
    }
    long stated =
        ((plain[16] & 255L) << 24)
            | ((plain[17] & 255) << 16)
            | ((plain[18] & 255) << 8)
            | (plain[19] & 255);
    if (stated > fullLength - HEADER_LENGTH) {
      return Decryption.LAYOUT;
    }
    messageLength = (int) stated;
    return Decryption.OK;
  }

  /** The array that holds the opened message; valid until the next call. */
  public byte[] plain() {
    return plain;
  }

  /** Where the message starts in {@link #plain}. */
  public int messageStart() {
    return HEADER_LENGTH;
  }

  /** Length of the message in bytes. */
  public int messageLength() {
    return messageLength;
  }

  /** A copy of the opened message. */
  public byte[] message() {
    return Arrays.copyOfRange(plain, HEADER_LENGTH, HEADER_LENGTH + messageLength);
  }

  /** Whether the receive id of the opened message is {@code expected}. */
  public boolean receiveIdIs(byte[] expected) {
    return Arrays.equals(
        plain, HEADER_LENGTH + messageLength, fullLength, expected, 0, expected.length);
  }

  /** The receive id of the opened message: appid, corpid, suite id, or empty. */
  public String receiveId() {
    int start = HEADER_LENGTH + messageLength;
    return new String(plain, start, fullLength - start, StandardCharsets.UTF_8);
  }

  /** Gives back buffers that an unusually large message made. */
  public void trim() {
    if (plain.length > KEEP_BYTES_MAX || ciphertext.length > KEEP_BYTES_MAX) {
      plain = new byte[4096];
      ciphertext = new byte[4096];
    }
  }

  /**
   * Seals a message.
   *
   * @param random16 exactly 16 bytes, fresh and unpredictable outside of tests
   * @return the {@code Encrypt} value, base64
   */
  public String encrypt(EncodingAesKey key, byte[] message, String receiveId, byte[] random16) {
    if (random16.length != RANDOM_LENGTH) {
      throw new IllegalArgumentException("the random prefix must be 16 bytes long");
    }
    byte[] id = receiveId.getBytes(StandardCharsets.UTF_8);
    int length = HEADER_LENGTH + message.length + id.length;
    int pad = PAD_MAX - length % PAD_MAX;
    byte[] full = new byte[length + pad];
    System.arraycopy(random16, 0, full, 0, RANDOM_LENGTH);
    full[16] = (byte) (message.length >>> 24);
    full[17] = (byte) (message.length >>> 16);
    full[18] = (byte) (message.length >>> 8);
    full[19] = (byte) message.length;
    System.arraycopy(message, 0, full, HEADER_LENGTH, message.length);
    System.arraycopy(id, 0, full, HEADER_LENGTH + message.length, id.length);
    Arrays.fill(full, length, full.length, (byte) pad);
    try {
      encrypting.init(Cipher.ENCRYPT_MODE, key.key, key.iv);
      return Base64.getEncoder().encodeToString(encrypting.doFinal(full));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-CBC does not work on this Java platform", e);
    }
  }

  private static byte[] fit(byte[] buffer, int length) {
    return buffer.length >= length ? buffer : new byte[Math.max(length, buffer.length * 2)];
  }

  private static Cipher newCipher() {
    try {
      return Cipher.getInstance("AES/CBC/NoPadding");
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
