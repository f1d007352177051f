package dev.hongyan.wechat.push;

import java.util.Locale;

/**
 * The checks a push must pass, in the order in which they are made. A refusal names the first one
 * that failed: a detail for metrics and the log, never for the sender.
 */
public enum Stage {
  /** Neither GET nor POST. Decided by whoever reads HTTP. */
  METHOD,
  /** Body larger than allowed. */
  SIZE,
  /** A needed query parameter (the signature aside) is missing, repeated, empty or malformed. */
  QUERY,
  /**
   * Plain push where the account demands encryption, or encrypted push to an account without a key.
   */
  MODE,
  /** The timestamp is outside the clock window. */
  CLOCK,
  /** The body of an encrypted push is empty or has no {@code Encrypt}. */
  ENVELOPE,
  /** No signature, or not the one of the query (and the {@code Encrypt} value). */
  SIGNATURE,
  /** The {@code Encrypt} value is not base64. */
  BASE64,
  /** The ciphertext is empty or not a multiple of the block length. */
  BLOCK,
  /** The cipher failed. */
  DECRYPT,
  /** The padding is not PKCS#7 with block 32. */
  PADDING,
  /** The decrypted bytes do not have the layout of a message. */
  LAYOUT,
  /** The message is meant for another account. */
  RECEIVE_ID,
  /** The outer or inner document is not acceptable XML. */
  XML,
  /** The outer or inner document is not acceptable JSON. */
  JSON;

  private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** The stable name in metrics and logs, for example {@code receive-id}. */
  public String code() {
    return code;
  }
}
