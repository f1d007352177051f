package dev.hongyan.wechat.push;

import org.jspecify.annotations.Nullable;

/**
 * A verified push, named and written as JSON.
 *
 * @param topic dot-separated words, for example {@code wx.mp.event.SCAN.promo_2024}; WeChat's own
 *     case
 * @param subject {@code FromUserName} (openid or userid); null if the push has none
 * @param messageId {@code MsgId} or {@code MsgID} as text; null if the push has none
 * @param dedupeKey equal for WeChat's repeats of one push within an account, at most 64 characters
 *     of A–Z, a–z, 0–9, {@code -} and {@code _}
 * @param toUserName {@code ToUserName} (gh id, corpid); null if the push has none
 * @param createTime {@code CreateTime} (or {@code TimeStamp}) in seconds; 0 if the push has none
 * @param data the push as one UTF-8 JSON object with every field WeChat sent under its own name;
 *     shared, not to be changed
 * @param signature the signature that authenticated this very request, 40 hex digits: what a replay
 *     memory remembers
 * @param replyContext what a passive reply needs
 */
@SuppressWarnings("ArrayRecordComponent") // The bytes go to the log and to sockets as they are.
public record DecodedPush(
    String topic,
    @Nullable String subject,
    @Nullable String messageId,
    String dedupeKey,
    @Nullable String toUserName,
    long createTime,
    byte[] data,
    String signature,
    ReplyContext replyContext) {

  @Override
  public String toString() {
    return "DecodedPush[" + topic + ", " + data.length + " bytes]";
  }
}
