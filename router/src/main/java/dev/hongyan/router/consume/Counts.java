package dev.hongyan.router.consume;

/**
 * The running counts of one consumer, as they are stored: {@code start,extra,delivered,expired,
 * dead,filtered}.
 *
 * @param start the place behind which the consumer began
 * @param extra messages that came another way than by being read for the first time
 */
record Counts(long start, long extra, long delivered, long expired, long dead, long filtered) {

  static Counts from(long start) {
    return new Counts(start, 0, 0, 0, 0, 0);
  }

  /**
   * In another log. The dead ones go on being counted: how many there are tells a repeated save
   * from a new one.
   */
  static Counts anew(long start, long parked, Counts before) {
    return new Counts(start, parked + before.dead, 0, 0, before.dead, 0);
  }

  static Counts parse(String text) {
    String[] v = text.split(",", -1);
    return new Counts(
        Long.parseLong(v[0]),
        Long.parseLong(v[1]),
        Long.parseLong(v[2]),
        Long.parseLong(v[3]),
        Long.parseLong(v[4]),
        Long.parseLong(v[5]));
  }

  long settled() {
    return delivered + expired + dead + filtered;
  }

  Counts plusExtra(long n) {
    return new Counts(start, extra + n, delivered, expired, dead, filtered);
  }

  Counts plusDelivered() {
    return new Counts(start, extra, delivered + 1, expired, dead, filtered);
  }

  Counts plusExpired(long n) {
    return new Counts(start, extra, delivered, expired + n, dead, filtered);
  }

  Counts plusDead() {
    return new Counts(start, extra, delivered, expired, dead + 1, filtered);
  }

  Counts plusFiltered() {
    return new Counts(start, extra, delivered, expired, dead, filtered + 1);
  }

  @Override
  public String toString() {
    return start + "," + extra + "," + delivered + "," + expired + "," + dead + "," + filtered;
  }
}
