package dev.hongyan.deploy.node;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Names for logs that may have to be made: eight lower-case letters and digits, hardly ever the
 * same twice. One is made for every call that appends, so it is cheap; nobody gains by guessing
 * one. Thread-safe.
 */
final class EpochNames implements Supplier<String> {
  private static final int LETTERS = 8;
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final AtomicLong state;

  /**
   * @param seed different in every process
   */
  EpochNames(long seed) {
    state = new AtomicLong(seed);
  }

  @Override
  public String get() {
    // A number that is counted up, scattered over all 64 bits without loss (splitmix64).
    long z = state.addAndGet(STEP);
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    z = (z ^ z >>> 31) >>> 1;
    byte[] out = new byte[LETTERS];
    for (int i = 0; i < LETTERS; i++) {
      int digit = (int) (z % 36);
      out[i] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
      z /= 36;
    }
    return new String(out, StandardCharsets.ISO_8859_1);
  }
}
