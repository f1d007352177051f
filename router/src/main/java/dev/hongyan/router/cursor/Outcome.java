package dev.hongyan.router.cursor;

/**
 * What became of the messages of a durable name. What it is through with beside these did not match
 * its topics.
 *
 * @param since the place behind which reading began
 * @param delivered acknowledged
 * @param dead given up
 * @param expired trimmed from the log before they were read
 * @param again were dead, were put back, and are among the delivered or the dead once more
 */
public record Outcome(long since, long delivered, long dead, long expired, long again) {
  public static final Outcome NONE = new Outcome(0, 0, 0, 0, 0);

  /** Reading begins behind {@code place}. */
  public static Outcome since(long place) {
    return new Outcome(place, 0, 0, 0, 0);
  }

  /** As the store keeps them. */
  String counts() {
    return delivered + "," + dead + "," + expired + "," + again;
  }
}
