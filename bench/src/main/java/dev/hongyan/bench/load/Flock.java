package dev.hongyan.bench.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Many connections to one server that can be cut and come back. */
public interface Flock {
  /** Connects all, a bounded number at once; fails when not all are there in time. Waits. */
  void connectAll(Duration within) throws InterruptedException;

  int size();

  /** How many are where they want to be: subscribed, and caught up where there is something to. */
  int back();

  /**
   * From now on those that lose their connection come back. On the generator's loop.
   *
   * @param how null for not at all
   */
  void comeBack(@Nullable Return how);

  /** Cuts all at once. On the generator's loop. */
  void cutAll();

  /** From the cut until back, in nanoseconds. */
  Histogram recovery();

  /** Ends for good. On the generator's loop. */
  void end();
}
