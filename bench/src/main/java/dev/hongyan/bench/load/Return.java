package dev.hongyan.bench.load;

/** When those that lost their connection come back. */
public enum Return {
  /**
   * As our SDKs: first after a random part of a second, then with 1 s × 1.8 up to 60 s of full
   * jitter. However many that are, they connect side by side.
   */
  AS_THE_SDKS,
  /** As fast as the server takes them, a bounded number under way at a time. */
  AT_ONCE;

  private static final double FIRST_SECONDS = 1;
  private static final double GROWTH = 1.8;
  private static final double MOST_SECONDS = 60;
  private static final double AGAIN_SECONDS = 0.05;

  /**
   * How long to wait.
   *
   * @param attempt 0 for the first since the connection was lost
   * @param random from 0 to 1
   */
  long delayNanos(int attempt, double random) {
    if (this == AT_ONCE) {
      return attempt == 0 ? 0 : (long) (AGAIN_SECONDS * 1e9);
    }
    double most =
        attempt == 0
            ? FIRST_SECONDS
            : Math.min(MOST_SECONDS, FIRST_SECONDS * Math.pow(GROWTH, attempt - 1));
    return (long) (random * most * 1e9);
  }
}
