package dev.hongyan.simulator.push;

import dev.hongyan.simulator.user.SimulatedUser;
import org.jspecify.annotations.Nullable;

/**
 * One push: what WeChat says, however often it has to say it.
 *
 * @param number unique in its simulator and growing in the order of making, so also per openid;
 *     random traffic carries it where {@link PushNumber} finds it again
 * @param messageId what stands in {@code MsgId} or {@code MsgID} if the push has one; its last nine
 *     digits are the number
 * @param kind message, event or notice
 * @param type {@code MsgType}, {@code Event} or {@code InfoType}
 * @param openid whom it comes from; null for notices
 * @param createTime {@code CreateTime}, in seconds
 * @param inner the inner document, UTF-8; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Encoded at every try as it is.
public record SimulatedPush(
    long number,
    long messageId,
    Draft.Kind kind,
    String type,
    @Nullable String openid,
    long createTime,
    byte[] inner) {

  @Override
  public String toString() {
    String user = openid == null ? "nobody" : SimulatedUser.masked(openid);
    return "SimulatedPush[" + number + ", " + type + ", " + user + ']';
  }
}
