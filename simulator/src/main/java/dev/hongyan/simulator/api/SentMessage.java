package dev.hongyan.simulator.api;

import dev.hongyan.simulator.user.SimulatedUser;
import io.vertx.core.json.JsonObject;

/**
 * A message that an account had WeChat send and WeChat took.
 *
 * @param path the API that was called
 * @param openid whom it is for
 * @param msgId what the answer and the result event carry; 0 for customer service messages
 * @param body the request as it was; not to be changed
 * @param atMillis when, in the API's time
 */
public record SentMessage(String path, String openid, long msgId, JsonObject body, long atMillis) {
  @Override
  public String toString() {
    return "SentMessage[" + path + ", " + SimulatedUser.masked(openid) + ", " + msgId + ']';
  }
}
