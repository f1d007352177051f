package dev.hongyan.simulator.delivery;

import io.vertx.core.json.JsonObject;

/**
 * A passive reply as WeChat would show it.
 *
 * @param type {@code MsgType}
 * @param toUserName the user
 * @param fromUserName the account
 * @param encrypted whether it came in an envelope
 * @param fields every field under WeChat's own names; not to be changed
 */
public record ReplyDocument(
    String type, String toUserName, String fromUserName, boolean encrypted, JsonObject fields) {

  @Override
  public String toString() {
    return "ReplyDocument[" + type + ", encrypted=" + encrypted + ']';
  }
}
