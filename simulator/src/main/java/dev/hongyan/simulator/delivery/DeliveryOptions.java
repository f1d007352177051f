package dev.hongyan.simulator.delivery;

import java.time.Duration;

/**
 * How patient the simulated WeChat is.
 *
 * @param tryTimeout from the beginning of a try to the last byte of the answer
 * @param tries how often a push is sent in total, at least 1
 * @param pauseAfterRefusal wait before the next try after a refused connection or a status other
 *     than 200; after a timeout the next try begins at once
 * @param markFailAfter how many pushes in a row fail before the account is left alone; 0 for never
 * @param markFailSpan for how long it is left alone
 * @param connections most connections to a receiver at a time, at least 1; a try that waits for one
 *     spends its time
 */
public record DeliveryOptions(
    Duration tryTimeout,
    int tries,
    Duration pauseAfterRefusal,
    int markFailAfter,
    Duration markFailSpan,
    int connections) {

  public DeliveryOptions {
    if (tries < 1 || connections < 1 || markFailAfter < 0) {
      throw new IllegalArgumentException("tries and connections are 1 or more, counts 0 or more");
    }
    if (tryTimeout.toMillis() < 1 || pauseAfterRefusal.isNegative() || markFailSpan.isNegative()) {
      throw new IllegalArgumentException("a try takes at least 1 ms, and no wait is negative");
    }
  }

  /**
   * WeChat's own: 5 s and three tries as documented. After how many failures MarkFail begins is not
   * documented; it is taken to be 20, for the documented minute.
   */
  public static DeliveryOptions wechat() {
    return new DeliveryOptions(
        Duration.ofSeconds(5), 3, Duration.ofSeconds(1), 20, Duration.ofMinutes(1), 64);
  }

  /** The same with other times of tries and pauses, for tests of faults. */
  public DeliveryOptions withTimes(Duration newTryTimeout, Duration newPauseAfterRefusal) {
    return new DeliveryOptions(
        newTryTimeout, tries, newPauseAfterRefusal, markFailAfter, markFailSpan, connections);
  }

  /** The same with another rule of MarkFail; 0 for never. */
  public DeliveryOptions withMarkFail(int newMarkFailAfter, Duration newMarkFailSpan) {
    return new DeliveryOptions(
        tryTimeout, tries, pauseAfterRefusal, newMarkFailAfter, newMarkFailSpan, connections);
  }

  /** The same with another number of tries. */
  public DeliveryOptions withTries(int newTries) {
    return new DeliveryOptions(
        tryTimeout, newTries, pauseAfterRefusal, markFailAfter, markFailSpan, connections);
  }

  /** The same with another number of connections. */
  public DeliveryOptions withConnections(int newConnections) {
    return new DeliveryOptions(
        tryTimeout, tries, pauseAfterRefusal, markFailAfter, markFailSpan, newConnections);
  }
}
