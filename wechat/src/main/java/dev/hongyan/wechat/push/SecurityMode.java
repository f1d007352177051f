package dev.hongyan.wechat.push;

/** What the account owner chose for message push in WeChat's settings. */
public enum SecurityMode {
  /** Bodies in the clear, signature does not cover the body. */
  PLAIN,
  /** Clear fields and {@code Encrypt} side by side; only the encrypted part is used here. */
  COMPATIBLE,
  /** Safe mode: only {@code Encrypt}. */
  ENCRYPTED
}
