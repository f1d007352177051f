package dev.hongyan.deploy;

/** Who reads standard output. */
final class Terminal {
  private Terminal() {}

  /** Whether colours are welcome: a person at a terminal who did not set NO_COLOR. */
  static boolean colours() {
    String no = System.getenv("NO_COLOR");
    return System.console() != null && (no == null || no.isEmpty());
  }
}
