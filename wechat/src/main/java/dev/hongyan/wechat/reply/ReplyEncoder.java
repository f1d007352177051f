package dev.hongyan.wechat.reply;

import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.document.JsonObject;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import dev.hongyan.wechat.xml.XmlWriter;

/**
 * Makes the body of the answer to a push. A reply to an encrypted push is sealed with the key and
 * signed with the token that fitted the push and repeats its nonce; a reply to a plain push is
 * plain, whatever the account's settings say. Used by one thread.
 */
public final class ReplyEncoder {
  private final MessageCipher cipher = new MessageCipher();

  /**
   * The answer's body; its content type is that of {@link ReplyContext#format}.
   *
   * @param nowSeconds for {@code CreateTime} and {@code TimeStamp}
   * @param random16 16 fresh random bytes; used if the reply is sealed
   * @throws IllegalArgumentException if the kind of reply cannot answer this push
   */
  public byte[] encode(Reply reply, ReplyContext to, long nowSeconds, byte[] random16) {
    byte[] document = ReplyDocuments.write(reply, to, nowSeconds);
    return to.encrypted() ? seal(document, to, nowSeconds, random16) : document;
  }

  /** The reply document before sealing. */
  public byte[] document(Reply reply, ReplyContext to, long nowSeconds) {
    return ReplyDocuments.write(reply, to, nowSeconds);
  }

  /**
   * Wraps a document in the encrypted reply envelope, XML or JSON like the push.
   *
   * @throws IllegalArgumentException if the push was plain
   */
  public byte[] seal(byte[] document, ReplyContext to, long nowSeconds, byte[] random16) {
    EncodingAesKey key = to.key();
    if (key == null) {
      throw new IllegalArgumentException("a plain push is answered in the clear");
    }
    String encrypt = cipher.encrypt(key, document, to.receiveId(), random16);
    String signature =
        Signatures.sha1Hex(to.token(), Long.toString(nowSeconds), to.nonce(), encrypt);
    if (to.format() == BodyFormat.XML) {
      return new XmlWriter()
          .text("Encrypt", encrypt)
          .text("MsgSignature", signature)
          .number("TimeStamp", nowSeconds)
          .text("Nonce", to.nonce())
          .toBytes();
    }
    boolean lower = to.lowerCaseEnvelope();
    return new JsonObject()
        .text(lower ? "encrypt" : "Encrypt", encrypt)
        .text(lower ? "msgsignature" : "MsgSignature", signature)
        .number(lower ? "timestamp" : "TimeStamp", nowSeconds)
        .text(lower ? "nonce" : "Nonce", to.nonce())
        .toBytes();
  }
}
