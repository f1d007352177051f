package dev.hongyan.bench.load;

import java.util.BitSet;

/** Which numbers came, whoever of a group got them. For the generator's loop. */
final class Taken {
  private final BitSet numbers = new BitSet();
  private long count;

  /** Takes note of one; false when it had come before. */
  boolean add(long number) {
    int index = Math.toIntExact(number);
    if (numbers.get(index)) {
      return false;
    }
    numbers.set(index);
    count++;
    return true;
  }

  /** How many different ones came. */
  long count() {
    return count;
  }
}
