package dev.hongyan.simulator.delivery;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.Decryption;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.SecurityMode;
import dev.hongyan.wechat.xml.XmlReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges what a receiver answered with status 200, as strictly as WeChat: {@code success}, nothing,
 * or a reply document that fits the push and is encrypted where the account's mode demands it. Used
 * by one thread.
 */
final class ReplyReader {
  private static final byte[] SUCCESS = "success".getBytes(StandardCharsets.US_ASCII);
  private static final String TRANSFER = "transfer_customer_service";
  private static final Set<String> TYPES =
      Set.of("text", "image", "voice", "video", "music", "news", TRANSFER);

  private final MessageCipher cipher = new MessageCipher();

  /** A judgement; {@code fault} is empty unless invalid. */
  record Judgement(Answered answered, String fault, @Nullable ReplyDocument reply) {}

  /** Says why a document is refused. */
  private static final class Unacceptable extends Exception {
    private static final long serialVersionUID = 1;

    Unacceptable(String why) {
      super(why, null, false, false);
    }
  }

  Judgement judge(SimulatedAccount account, SimulatedPush push, Buffer body) {
    byte[] bytes = body.getBytes();
    if (bytes.length == 0) {
      return new Judgement(Answered.EMPTY, "", null);
    }
    if (Arrays.equals(bytes, SUCCESS)) {
      return new Judgement(Answered.SUCCESS, "", null);
    }
    try {
      return new Judgement(Answered.REPLY, "", reply(account, push, bytes));
    } catch (Unacceptable e) {
      return new Judgement(Answered.INVALID, String.valueOf(e.getMessage()), null);
    }
  }

  private ReplyDocument reply(SimulatedAccount account, SimulatedPush push, byte[] bytes)
      throws Unacceptable {
    String openid = push.openid();
    if (openid == null) {
      throw new Unacceptable("a notice is answered success");
    }
    SecurityMode mode = account.settings().mode();
    JsonObject fields = parse(account, bytes);
    boolean encrypted = fields.containsKey("Encrypt");
    if (encrypted) {
      fields = parse(account, open(account, fields));
    } else if (mode == SecurityMode.ENCRYPTED) {
      throw new Unacceptable("a plain reply to an encrypted push");
    }
    String type = text(fields, "MsgType");
    String to = text(fields, "ToUserName");
    String from = text(fields, "FromUserName");
    boolean known =
        account.product() == Product.MINI ? type.equals(TRANSFER) : isKnown(account, type);
    if (!known) {
      throw new Unacceptable("no reply of type " + type + " for " + account.product());
    }
    if (!to.equals(openid) || !from.equals(account.originalId())) {
      throw new Unacceptable("the reply is not from this account to this user");
    }
    if (text(fields, "CreateTime").isEmpty()) {
      throw new Unacceptable("the reply has no CreateTime");
    }
    return new ReplyDocument(type, to, from, encrypted, fields);
  }

  private static boolean isKnown(SimulatedAccount account, String type) {
    // WeCom also knows cards and their updates, a set that grows.
    return account.product() == Product.WECOM ? !type.isEmpty() : TYPES.contains(type);
  }

  private byte[] open(SimulatedAccount account, JsonObject envelope) throws Unacceptable {
    EncodingAesKey key = account.key();
    if (key == null) {
      throw new Unacceptable("an encrypted reply for an account without key");
    }
    String encrypt = text(envelope, "Encrypt");
    boolean signed =
        Signatures.matches(
            text(envelope, "MsgSignature"),
            account.token(),
            text(envelope, "TimeStamp"),
            text(envelope, "Nonce"),
            encrypt);
    if (!signed) {
      throw new Unacceptable("the reply's signature is wrong");
    }
    byte[] base64 = encrypt.getBytes(StandardCharsets.UTF_8);
    Decryption result = cipher.load(base64, 0, base64.length);
    if (result == Decryption.OK) {
      result = cipher.open(key);
    }
    if (result != Decryption.OK) {
      throw new Unacceptable("the reply cannot be decrypted: " + result);
    }
    if (!cipher.receiveIdIs(account.appId().getBytes(StandardCharsets.UTF_8))) {
      throw new Unacceptable("the reply is sealed for another account");
    }
    return cipher.message();
  }

  private static JsonObject parse(SimulatedAccount account, byte[] bytes) throws Unacceptable {
    try {
      if (bytes.length > 0 && bytes[0] == '{') {
        if (account.format() != BodyFormat.JSON) {
          throw new Unacceptable("a JSON reply for an account that is pushed to in XML");
        }
        return new JsonObject(Buffer.buffer(bytes));
      }
      return new JsonObject(Buffer.buffer(XmlReader.toJson(bytes)));
    } catch (MalformedDocument | DecodeException e) {
      throw new Unacceptable("neither success nor empty nor a document");
    }
  }

  private static String text(JsonObject fields, String name) {
    Object value = fields.getValue(name);
    return value == null ? "" : value.toString();
  }
}
