package dev.hongyan.token;

/** Which of WeChat's two endpoints hands out the access tokens of an account. */
public enum TokenMode {
  /**
   * {@code /cgi-bin/stable_token}: everybody who asks within the life of a token gets the same one,
   * so other services with the same appid do no harm. The default.
   */
  STABLE("stable"),
  /**
   * {@code /cgi-bin/token}: every call makes a new token and ends the one before within five
   * minutes; 2,000 calls a day. Only for accounts that have a reason.
   */
  CLASSIC("classic");

  private final String text;

  TokenMode(String text) {
    this.text = text;
  }

  /** The word in the store. Tokens of the two modes do not replace each other. */
  public String text() {
    return text;
  }
}
