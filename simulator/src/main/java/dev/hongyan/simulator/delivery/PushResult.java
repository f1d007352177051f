package dev.hongyan.simulator.delivery;

import dev.hongyan.simulator.push.SimulatedPush;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a push.
 *
 * @param push the push
 * @param appId the account
 * @param attempts its tries in order; empty if it was dropped
 * @param answered what the last try was answered
 * @param startedAtMillis when the first try began, on the wall
 * @param millis from the beginning of the first try to the end of the last
 * @param reply the reply document; null unless answered with one
 */
public record PushResult(
    SimulatedPush push,
    String appId,
    List<Attempt> attempts,
    Answered answered,
    long startedAtMillis,
    long millis,
    @Nullable ReplyDocument reply) {

  public PushResult {
    attempts = List.copyOf(attempts);
  }
}
