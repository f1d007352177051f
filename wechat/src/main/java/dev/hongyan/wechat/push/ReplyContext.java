package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import org.jspecify.annotations.Nullable;

/**
 * What a passive reply to one push needs to know about that push. A reply follows the request, not
 * the configuration: sealed with the key that opened it, signed with the token that signed it.
 *
 * @param product the account's product
 * @param format how the push was written, and so how the reply is
 * @param encrypted whether the push was encrypted, and so the reply must be
 * @param key the key that opened the push; null if it was plain
 * @param token the token that signed it
 * @param receiveId the receive id found in the push; empty if it was plain
 * @param nonce the nonce of the query, repeated in the reply
 * @param toUserName the push's {@code ToUserName} (the account), sender of the reply
 * @param fromUserName the push's {@code FromUserName} (the user), receiver of the reply
 * @param lowerCaseEnvelope whether the envelope's names are in lower case (WeCom bots)
 * @param previousKey whether the key that opened it was the previous one
 * @param previousToken whether the token that signed it was the previous one
 */
public record ReplyContext(
    Product product,
    BodyFormat format,
    boolean encrypted,
    @Nullable EncodingAesKey key,
    String token,
    String receiveId,
    String nonce,
    String toUserName,
    String fromUserName,
    boolean lowerCaseEnvelope,
    boolean previousKey,
    boolean previousToken) {

  @Override
  public String toString() {
    return "ReplyContext[" + product + ", " + format + ", encrypted=" + encrypted + ']';
  }
}
