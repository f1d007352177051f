package dev.hongyan.router.consume;

/** At most so many a second; at once a tenth of a second's worth, or as said. For one thread. */
public final class Pace {
  private final double perMilli;
  private final double most;
  private double left;
  private long atMillis;

  /**
   * @param perSecond 0 for no bound
   */
  public Pace(int perSecond, long nowMillis) {
    this(perSecond, perSecond / 10.0, nowMillis);
  }

  /**
   * @param most how many at once after a rest
   */
  Pace(double perSecond, double most, long nowMillis) {
    perMilli = perSecond / 1000.0;
    this.most = Math.max(1, most);
    left = this.most;
    atMillis = nowMillis;
  }

  /** When the next one may go: not after {@code nowMillis} means now. */
  long nextAtMillis(long nowMillis) {
    fill(nowMillis);
    return perMilli == 0 || left >= 1
        ? nowMillis
        : nowMillis + (long) Math.ceil((1 - left) / perMilli);
  }

  void took() {
    left -= 1;
  }

  private void fill(long nowMillis) {
    left = Math.min(most, left + Math.max(0, nowMillis - atMillis) * perMilli);
    atMillis = nowMillis;
  }
}
