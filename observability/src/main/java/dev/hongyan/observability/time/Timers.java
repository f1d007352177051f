package dev.hongyan.observability.time;

import java.time.Duration;

/**
 * Runs something later, on the thread of whoever made these timers (for a verticle: its event
 * loop). The real ones come from Vert.x, the ones of a test from {@link ManualTime}.
 */
public interface Timers {

  /** Runs {@code task} once after {@code delay} (at least one millisecond). */
  Cancellable after(Duration delay, Runnable task);

  /** Runs {@code task} every {@code period} until cancelled. */
  Cancellable every(Duration period, Runnable task);

  /** A pending task. Cancelling twice, or after it ran, does nothing. */
  interface Cancellable {
    void cancel();
  }
}
