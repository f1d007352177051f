package dev.hongyan.observability.time;

/**
 * Where time comes from. Everything that decides by time takes one of these in its constructor, so
 * a test can run a day in milliseconds.
 *
 * <p>Two readings, never mixed: {@link #wallMillis()} names moments (what a person or another
 * machine reads), {@link #nanos()} measures spans (it never goes back). Thread-safe.
 */
public interface Clock {

  /** Milliseconds since 1970-01-01T00:00Z; may jump when the machine's clock is set. */
  long wallMillis();

  /** Nanoseconds from an arbitrary origin; only differences mean anything. */
  long nanos();

  /** The machine's own clocks. */
  static Clock system() {
    return SystemClock.INSTANCE;
  }
}
