package dev.hongyan.router.envelope;

import dev.hongyan.observability.time.Clock;

/**
 * Time-ordered 64-bit ids: 41 bits of milliseconds since 2020-01-01, 10 bits of node, 12 bits of
 * counter. Good until 2089. Thread-safe.
 *
 * <p>Ids of one node only grow: when the clock goes back, or more than 4,096 are drawn in a
 * millisecond, the id's own time runs ahead of the clock instead of waiting or repeating.
 */
public final class Snowflake {
  /** 2020-01-01T00:00:00Z. */
  public static final long EPOCH_MILLIS = 1_577_836_800_000L;

  public static final int MAX_NODE = 1023;

  private final Clock clock;
  private final long nodeBits;
  private long last;

  /**
   * An id source of node {@code node}, 0 to {@value #MAX_NODE}; no two live processes may use the
   * same.
   */
  public Snowflake(Clock clock, int node) {
    if (node < 0 || node > MAX_NODE) {
      throw new IllegalArgumentException("node " + node + " is not in 0.." + MAX_NODE);
    }
    this.clock = clock;
    this.nodeBits = (long) node << 12;
  }

  /** The next id; always positive and greater than every one before. */
  public synchronized long next() {
    // `last` is (millis << 12 | counter): adding one carries into the next millisecond when the
    // counter is used up.
    long now = (clock.wallMillis() - EPOCH_MILLIS) << 12;
    last = Math.max(now, last + 1);
    return (last & ~0xfffL) << 10 | nodeBits | last & 0xfff;
  }

  /**
   * The next id that still belongs to a time before {@code limitMillis}, whatever the clock says.
   *
   * @param fromMillis the id's time is not before this
   * @return -1 when all of them are used up
   */
  public synchronized long nextBefore(long fromMillis, long limitMillis) {
    long next = Math.max(last + 1, (fromMillis - EPOCH_MILLIS) << 12);
    if (next >> 12 >= limitMillis - EPOCH_MILLIS) {
      return -1;
    }
    last = next;
    return (last & ~0xfffL) << 10 | nodeBits | last & 0xfff;
  }

  /** When (milliseconds since 1970) an id was drawn, as its node saw it. */
  public static long millisOf(long id) {
    return (id >>> 22) + EPOCH_MILLIS;
  }
}
