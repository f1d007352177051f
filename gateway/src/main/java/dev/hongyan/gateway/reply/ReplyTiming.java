package dev.hongyan.gateway.reply;

import java.time.Duration;

/**
 * How long pushes wait.
 *
 * @param budget after this an answer is not written into a request any more
 * @param tryEvery when WeChat gives a try up and makes the next one
 * @param hangUpAfter when we end a request that WeChat was expected to have given up
 */
public record ReplyTiming(Duration budget, Duration tryEvery, Duration hangUpAfter) {
  /** WeChat waits 5 s for each of three tries (passive user reply messages). */
  public static final ReplyTiming WECHAT =
      new ReplyTiming(Duration.ofSeconds(4), Duration.ofSeconds(5), Duration.ofMillis(6_500));

  /** How much sooner than expected a try may come, and how much later. */
  Duration slack() {
    return tryEvery.dividedBy(5);
  }
}
