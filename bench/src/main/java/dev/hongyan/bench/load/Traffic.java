package dev.hongyan.bench.load;

import java.time.Duration;

/** Receivers at one server and what publishes to them, in whatever language they speak. */
public interface Traffic {
  /** Connects all; fails when not all are there in time. Waits. */
  void connectAll(Duration within) throws InterruptedException;

  /** Publishes at this rate, whether or not anybody keeps up. On the generator's loop. */
  void start(double perSecond);

  /**
   * Publishes as fast as messages are taken, so many of them under way at most. On the generator's
   * loop.
   */
  void most(int underWay);

  /** Publishes no more. On the generator's loop. */
  void stop();

  /**
   * Waits until all that has been published was taken by whom it is for; gives how many deliveries
   * did not come. Stop it first.
   */
  long awaitAll(Duration within) throws InterruptedException;

  /** Ends for good. On the generator's loop. */
  void end();
}
