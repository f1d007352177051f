package dev.hongyan.router.destination;

import java.util.random.RandomGenerator;

/**
 * Keeps requests away from a destination that fails, so that it can get up again and its messages
 * do not burn their attempts. Pure: time is handed in, in milliseconds that never go back.
 *
 * <p>Opens at 10 requests and 70 % failures in five minutes; stays open for 30 s, twice as long
 * after every probe that fails, 10 min at most, give or take 20 %; then lets one request through at
 * a time and closes after three good ones.
 */
final class Breaker {
  private static final int REQUESTS_MIN = 10;
  private static final int FAILED_PERCENT = 70;
  private static final int GOOD_PROBES = 3;
  private static final long OPEN_MILLIS = 30_000;
  private static final long OPEN_MILLIS_MAX = 600_000;

  private final RandomGenerator random;
  private final Window window = new Window(0);
  private State state = State.CLOSED;
  private long openMillis;
  private long openUntil;
  private boolean probing;
  private int goodProbes;

  enum State {
    CLOSED,
    OPEN,
    HALF_OPEN
  }

  Breaker(RandomGenerator random) {
    this.random = random;
  }

  State state() {
    return state;
  }

  /** Whether a request may begin now. */
  boolean permits(long now) {
    return switch (state) {
      case CLOSED -> true;
      case OPEN -> now >= openUntil;
      case HALF_OPEN -> !probing;
    };
  }

  /** A request begins; true when it is a probe, which {@link #ended} wants to know. */
  boolean began(long now) {
    if (!permits(now)) {
      throw new IllegalStateException("begun though the breaker does not permit it");
    }
    if (state == State.CLOSED) {
      return false;
    }
    state = State.HALF_OPEN;
    probing = true;
    return true;
  }

  /** A request ended. Those that began before the breaker opened say nothing new. */
  void ended(boolean probe, boolean ok, long now) {
    if (probe) {
      probing = false;
      if (!ok) {
        open(Math.min(openMillis * 2, OPEN_MILLIS_MAX), now);
      } else if (++goodProbes >= GOOD_PROBES) {
        state = State.CLOSED;
        window.clear();
      }
    } else if (state == State.CLOSED) {
      window.add(ok, now);
      if (window.total() >= REQUESTS_MIN && window.failedPercent() >= FAILED_PERCENT) {
        open(OPEN_MILLIS, now);
      }
    }
  }

  /** A request that began was not sent after all. */
  void abandoned(boolean probe) {
    if (probe) {
      probing = false;
    }
  }

  /**
   * When a request is permitted if nothing ends before: a moment, {@link Long#MIN_VALUE} for any
   * time, {@link Long#MAX_VALUE} for not before the probe under way has ended.
   */
  long wakeAt() {
    return switch (state) {
      case CLOSED -> Long.MIN_VALUE;
      case OPEN -> openUntil;
      case HALF_OPEN -> probing ? Long.MAX_VALUE : Long.MIN_VALUE;
    };
  }

  private void open(long millis, long now) {
    state = State.OPEN;
    openMillis = millis;
    openUntil = now + RetrySchedule.jittered(millis, random);
    goodProbes = 0;
  }
}
