package dev.hongyan.simulator.delivery;

/**
 * How fast pushes flow.
 *
 * @param ratePerSecond pushes begun per second whatever the receiver does, as long as there is room
 *     in flight; 0 for as fast as there is room
 * @param count how many pushes, at least 1
 * @param inFlightMax most pushes between first try and result, at least 1; when it is reached the
 *     flow falls behind its schedule, see {@link FlowReport#lagMillisMax}
 * @param orderedPerUser whether a user's next push waits for the end of the former one
 */
public record FlowOptions(
    double ratePerSecond, long count, int inFlightMax, boolean orderedPerUser) {

  public FlowOptions {
    if (!(ratePerSecond >= 0) || Double.isInfinite(ratePerSecond) || count < 1 || inFlightMax < 1) {
      throw new IllegalArgumentException(
          "a flow has a rate of 0 or more, and counts of 1 or more, not "
              + ratePerSecond
              + " per second, "
              + count
              + " pushes, "
              + inFlightMax
              + " in flight");
    }
  }

  /** At a rate, 64 in flight, in order per user. */
  public static FlowOptions of(double ratePerSecond, long count) {
    return new FlowOptions(ratePerSecond, count, 64, true);
  }
}
