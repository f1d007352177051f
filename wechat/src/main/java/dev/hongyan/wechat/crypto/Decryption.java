package dev.hongyan.wechat.crypto;

/** How far the opening of an {@code Encrypt} value came. */
public enum Decryption {
  /** Opened; the message and the receive id can be read. */
  OK,
  /** Not standard base64 with padding. */
  BASE64,
  /** Ciphertext empty or not a multiple of 16 bytes. */
  BLOCK,
  /** The cipher itself failed. */
  DECRYPT,
  /** Pad value outside 1…32, longer than the text, or pad bytes that differ. */
  PADDING,
  /** Fewer than 20 bytes, or a message length beyond the end. */
  LAYOUT
}
