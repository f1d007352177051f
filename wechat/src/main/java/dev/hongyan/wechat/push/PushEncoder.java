package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.JsonObject;
import dev.hongyan.wechat.document.JsonReader;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.xml.XmlReader;
import dev.hongyan.wechat.xml.XmlWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * WeChat's side of a push, for simulators and tests: from an account's settings and an inner
 * document to the query and body WeChat would send. Time, nonce and randomness come from the
 * caller. Used by one thread.
 */
public final class PushEncoder {
  /** What stands beside {@code Encrypt} in the outer document, if the inner one has it. */
  private static final List<String> OUTER_NAMES = List.of("ToUserName", "AppId", "AgentID");

  private final MessageCipher cipher = new MessageCipher();

  /**
   * A request as WeChat would make it.
   *
   * @param query the raw query, percent-encoded
   * @param body the body; empty for a verification
   * @param contentType what WeChat would name the body
   */
  @SuppressWarnings("ArrayRecordComponent") // Goes to a socket as it is.
  public record EncodedPush(String query, byte[] body, String contentType) {}

  /**
   * Encodes a push in the account's mode with its current token and key.
   *
   * @param account with a key unless its mode is plain
   * @param inner a whole document, XML ({@code <xml>…</xml>}) or JSON object, UTF-8
   * @param openid the user for the query; null for pushes nobody caused, and for WeCom
   * @param random16 16 bytes, used if the mode encrypts
   * @throws IllegalArgumentException if the inner document cannot be parsed or the key is missing
   */
  public EncodedPush push(
      PushAccount account,
      byte[] inner,
      @Nullable String openid,
      long timestampSeconds,
      String nonce,
      byte[] random16) {
    BodyFormat format =
        PushDecoder.firstCharacter(inner, 0, inner.length) == '{'
            ? BodyFormat.JSON
            : BodyFormat.XML;
    String timestamp = Long.toString(timestampSeconds);
    String token = account.token(0);
    StringBuilder query = new StringBuilder(256);
    if (account.mode() == SecurityMode.PLAIN) {
      signed(query, token, timestamp, nonce, openid);
      return new EncodedPush(query.toString(), inner, format.contentType());
    }
    String encrypt = cipher.encrypt(key(account), inner, account.sealingReceiveId(), random16);
    String msgSignature = Signatures.sha1Hex(token, timestamp, nonce, encrypt);
    if (account.product() == Product.WECOM) {
      query
          .append("msg_signature=")
          .append(msgSignature)
          .append("&timestamp=")
          .append(timestamp)
          .append("&nonce=")
          .append(encoded(nonce));
    } else {
      signed(query, token, timestamp, nonce, openid);
      query.append("&encrypt_type=aes&msg_signature=").append(msgSignature);
    }
    byte[] body =
        account.mode() == SecurityMode.COMPATIBLE
            ? beside(format, new String(inner, StandardCharsets.UTF_8), encrypt)
                .getBytes(StandardCharsets.UTF_8)
            : alone(format, inner, encrypt);
    return new EncodedPush(query.toString(), body, format.contentType());
  }

  /**
   * Encodes a URL verification.
   *
   * @param echo what the receiver must answer
   * @param random16 16 bytes, used for WeCom, whose {@code echostr} is encrypted
   */
  public EncodedPush verification(
      PushAccount account, String echo, long timestampSeconds, String nonce, byte[] random16) {
    String timestamp = Long.toString(timestampSeconds);
    String token = account.token(0);
    StringBuilder query = new StringBuilder(256);
    String echostr = echo;
    if (account.product() == Product.WECOM) {
      echostr =
          cipher.encrypt(
              key(account),
              echo.getBytes(StandardCharsets.UTF_8),
              account.sealingReceiveId(),
              random16);
      query
          .append("msg_signature=")
          .append(Signatures.sha1Hex(token, timestamp, nonce, echostr))
          .append("&timestamp=")
          .append(timestamp)
          .append("&nonce=")
          .append(encoded(nonce));
    } else {
      signed(query, token, timestamp, nonce, null);
    }
    query.append("&echostr=").append(encoded(echostr));
    return new EncodedPush(query.toString(), new byte[0], BodyFormat.XML.contentType());
  }

  private static EncodingAesKey key(PushAccount account) {
    if (!account.hasKey()) {
      throw new IllegalArgumentException(
          "an account without a key cannot be sent encrypted pushes");
    }
    return account.key(0);
  }

  private static void signed(
      StringBuilder query, String token, String timestamp, String nonce, @Nullable String openid) {
    query
        .append("signature=")
        .append(Signatures.sha1Hex(token, timestamp, nonce))
        .append("&timestamp=")
        .append(timestamp)
        .append("&nonce=")
        .append(encoded(nonce));
    if (openid != null) {
      query.append("&openid=").append(encoded(openid));
    }
  }

  /** Compatible mode: the plain fields, and {@code Encrypt} as one more. */
  private static String beside(BodyFormat format, String text, String encrypt) {
    return switch (format) {
      case XML ->
          text.substring(0, text.lastIndexOf("</"))
              + "<Encrypt><![CDATA["
              + encrypt
              + "]]></Encrypt></xml>";
      case JSON -> {
        String fields = text.substring(0, text.lastIndexOf('}')).stripTrailing();
        yield fields + (fields.endsWith("{") ? "" : ",") + "\"Encrypt\":\"" + encrypt + "\"}";
      }
    };
  }

  /** Safe mode: {@code Encrypt}, and the receiver as far as the inner document names one. */
  private static byte[] alone(BodyFormat format, byte[] inner, String encrypt) {
    return switch (format) {
      case XML -> {
        Document document = parse(format, inner);
        XmlWriter out = new XmlWriter();
        for (String name : OUTER_NAMES) {
          String value = document.text(name);
          if (value != null) {
            out.text(name, value);
          }
        }
        yield out.text("Encrypt", encrypt).toBytes();
      }
      case JSON -> {
        Document document = parse(format, inner);
        String receiver = document.text("ToUserName");
        yield receiver == null
            ? new JsonObject().text("encrypt", encrypt).toBytes()
            : new JsonObject().text("ToUserName", receiver).text("Encrypt", encrypt).toBytes();
      }
    };
  }

  private static Document parse(BodyFormat format, byte[] inner) {
    try {
      return format == BodyFormat.JSON ? JsonReader.parse(inner) : XmlReader.parse(inner);
    } catch (MalformedDocument e) {
      throw new IllegalArgumentException("the inner document is not acceptable " + format, e);
    }
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
