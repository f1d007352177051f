package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * WeChat's side of a push, for simulators and tests: from an account's settings and an inner
 * document to the query and body WeChat would send. Time, nonce and randomness come from the
 * caller. Used by one thread.
 */
public final class PushEncoder {
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
   * @param inner a whole document, XML ({@code <xml>…</xml>}) or JSON object, UTF-8
   * @param openid the user for the query; null for pushes nobody caused, and for WeCom
   * @param random16 16 bytes, used if the mode encrypts
   */
  public EncodedPush push(
      PushAccount account,
      byte[] inner,
      @Nullable String openid,
      long timestampSeconds,
      String nonce,
      byte[] random16) {
    BodyFormat format = firstCharacter(inner) == '{' ? BodyFormat.JSON : BodyFormat.XML;
    String timestamp = Long.toString(timestampSeconds);
    String token = account.token(0);
    StringBuilder query = new StringBuilder(256);
    if (account.mode() == SecurityMode.PLAIN) {
      signed(query, token, timestamp, nonce, openid);
      return new EncodedPush(query.toString(), inner, format.contentType());
    }
    String encrypt = cipher.encrypt(account.key(0), inner, account.sealingReceiveId(), random16);
    String msgSignature = Signatures.sha1Hex(token, timestamp, nonce, encrypt);
    if (account.product().alwaysEncrypted() && account.product() != Product.OPEN) {
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
    String text = new String(inner, StandardCharsets.UTF_8);
    String body =
        account.mode() == SecurityMode.COMPATIBLE
            ? beside(format, text, encrypt)
            : alone(account, format, text, encrypt);
    return new EncodedPush(
        query.toString(), body.getBytes(StandardCharsets.UTF_8), format.contentType());
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
              account.key(0),
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

  private static String alone(PushAccount account, BodyFormat format, String text, String encrypt) {
    return "";
  }

  private static byte firstCharacter(byte[] inner) {
    for (byte b : inner) {
      if (b > ' ') {
        return b;
      }
    }
    return 0;
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
