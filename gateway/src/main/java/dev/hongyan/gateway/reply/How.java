package dev.hongyan.gateway.reply;

/** How an answer reached the user, or that it did not. */
public enum How {
  /** As the answer to WeChat's request. */
  PASSIVE("passive"),
  /** As a message of its own. */
  CUSTOMER_SERVICE("customer-service"),
  /** Not at all: another answer came first, or this one cannot be sent any more. */
  TOO_LATE("too-late");

  private final String word;

  How(String word) {
    this.word = word;
  }

  /** As the protocol says it. */
  public String word() {
    return word;
  }
}
