package dev.hongyan.token.lease;

import java.time.Duration;

/**
 * The numbers of a lease.
 *
 * @param memoryShare of its life a token is served from memory; default 0.8
 * @param jitterShare of its life, by which a refresh ahead comes earlier at most, so that the nodes
 *     of a cluster and the accounts of a node do not come at once; default 0.1
 * @param cool after a refused token was replaced, another refused one is not; default 30 s
 * @param retryMin rest after the first failed try; doubles with each; default 250 ms
 * @param failuresMax after so many failed tries in a row callers are refused at once; default 5
 * @param open for how long they are, at first; doubles with each further failure; default 30 s
 * @param openMax at most; default 5 min
 * @param waitersMax callers that may wait for one credential; default 20,000
 * @param heldMax how long callers wait for another node that is at it; default 10 s
 */
public record LeasePolicy(
    double memoryShare,
    double jitterShare,
    Duration cool,
    Duration retryMin,
    int failuresMax,
    Duration open,
    Duration openMax,
    int waitersMax,
    Duration heldMax) {

  public static final LeasePolicy DEFAULT =
      new LeasePolicy(
          0.8,
          0.1,
          Duration.ofSeconds(30),
          Duration.ofMillis(250),
          5,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          20_000,
          Duration.ofSeconds(10));
}
