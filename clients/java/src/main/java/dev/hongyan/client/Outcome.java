package dev.hongyan.client;

/** How the handling of a message ended. */
record Outcome(Kind kind, String reason, long delayMillis) {
  private static final int REASON_MAX = 200;
  static final Outcome ACK = new Outcome(Kind.ACK, "", 0);

  enum Kind {
    ACK,
    NACK,
    TERM
  }

  static Outcome nack(long delayMillis) {
    return new Outcome(Kind.NACK, "", delayMillis);
  }

  static Outcome term(String reason) {
    return new Outcome(Kind.TERM, reason.substring(0, Math.min(REASON_MAX, reason.length())), 0);
  }
}
