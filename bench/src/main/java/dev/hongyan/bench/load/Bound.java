package dev.hongyan.bench.load;

import java.util.function.LongSupplier;

/**
 * Holds a publisher back, so that it goes as fast as its messages are taken and no faster.
 *
 * @param underWay messages that may be published and not yet taken
 * @param copies how many take each message
 * @param firstNumber that of the first message
 * @param takenBefore deliveries before it
 * @param taken deliveries up to now
 */
record Bound(int underWay, int copies, long firstNumber, long takenBefore, LongSupplier taken) {
  /** From now on. */
  static Bound from(int underWay, int copies, long nextNumber, LongSupplier taken) {
    return new Bound(underWay, copies, nextNumber, taken.getAsLong(), taken);
  }

  /** Whether the message with this number may go. */
  boolean lets(long number) {
    return number - firstNumber - (taken.getAsLong() - takenBefore) / copies < underWay;
  }
}
