package dev.hongyan.simulator.hostile;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.RawRequest;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.SecurityMode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a receiver must refuse, in the mode and format of an account. All but the fault is
 * right, so each is stopped by the check it is meant for and not by an earlier one. Not
 * thread-safe.
 */
public final class HostileRequests {
  private static final int DEPTH = 5_000;
  private static final int OVERSIZE_BYTES = 2 * 1024 * 1024;
  private static final long STALE_SECONDS = 7_200;
  private static final String LAUGHS =
      "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
          + "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
          + "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
          + "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">"
          + "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
          + "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">"
          + "<!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">"
          + "<!ENTITY i \"&h;&h;&h;&h;&h;&h;&h;&h;&h;&h;\">]>";
  private static final String EXTERNAL =
      "<!DOCTYPE xml [<!ENTITY out SYSTEM \"file:///etc/hostname\">]>";

  private final SimulatedAccount account;
  private final RandomGenerator random;
  private final MessageCipher cipher = new MessageCipher();

  /** Hostile requests against {@code account}. */
  public HostileRequests(SimulatedAccount account, RandomGenerator random) {
    this.account = account;
    this.random = random;
  }

  /**
   * A request to be refused.
   *
   * @param nowSeconds the receiver's time
   * @throws IllegalArgumentException if the account's mode cannot be attacked that way
   */
  public RawRequest make(Hostility hostility, long nowSeconds) {
    return switch (hostility) {
      case WRONG_SIGNATURE -> wrongSignature(nowSeconds);
      case STALE_TIMESTAMP -> signed(document(""), nowSeconds - STALE_SECONDS, account.appId());
      case REPEATED_PARAMETER -> {
        RawRequest right = signed(document(""), nowSeconds, account.appId());
        yield with(right, right.query() + "&nonce=" + nonce(), right.body());
      }
      case NO_QUERY -> {
        RawRequest right = signed(document(""), nowSeconds, account.appId());
        yield with(right, "", right.body());
      }
      case DOWNGRADE -> {
        demandEncryption(hostility);
        yield plain(document(""), nowSeconds);
      }
      case TAMPERED_CIPHERTEXT -> {
        demandEncryption(hostility);
        yield tampered(nowSeconds);
      }
      case RANDOM_CIPHERTEXT -> {
        demandEncryption(hostility);
        yield envelope(Base64.getEncoder().encodeToString(bytes(96)), nowSeconds);
      }
      case WRONG_RECEIVE_ID -> {
        demandEncryption(hostility);
        yield signed(document(""), nowSeconds, "wx0000000000000000");
      }
      case DOCTYPE -> signed(doctype(EXTERNAL, "&out;"), nowSeconds, account.appId());
      case BILLION_LAUGHS -> signed(doctype(LAUGHS, "&i;"), nowSeconds, account.appId());
      case DEEP_NESTING -> signed(deep(), nowSeconds, account.appId());
      case BAD_UTF8 -> signed(badUtf8(), nowSeconds, account.appId());
      case GARBAGE -> signed(bytes(256), nowSeconds, account.appId());
      case EMPTY_BODY -> {
        RawRequest right = signed(document(""), nowSeconds, account.appId());
        yield with(right, right.query(), new byte[0]);
      }
      case OVERSIZED -> signed(document("x".repeat(OVERSIZE_BYTES)), nowSeconds, account.appId());
    };
  }

  private void demandEncryption(Hostility hostility) {
    if (!encrypts()) {
      throw new IllegalArgumentException(hostility + " needs an account that encrypts");
    }
  }

  private boolean encrypts() {
    return account.settings().mode() != SecurityMode.PLAIN;
  }

  private RawRequest wrongSignature(long nowSeconds) {
    RawRequest right = signed(document(""), nowSeconds, account.appId());
    String name = encrypts() ? "msg_signature=" : "signature=";
    int at = right.query().indexOf(name) + name.length();
    char digit = right.query().charAt(at) == '0' ? '1' : '0';
    String query = right.query().substring(0, at) + digit + right.query().substring(at + 1);
    return with(right, query, right.body());
  }

  private RawRequest tampered(long nowSeconds) {
    RawRequest right = signed(document(""), nowSeconds, account.appId());
    String body = new String(right.body(), StandardCharsets.UTF_8);
    int at = body.indexOf("Encrypt") + 40;
    char changed = body.charAt(at) == 'A' ? 'B' : 'A';
    body = body.substring(0, at) + changed + body.substring(at + 1);
    return with(right, right.query(), body.getBytes(StandardCharsets.UTF_8));
  }

  /** A plain or sealed request around an inner document that may be anything. */
  private RawRequest signed(byte[] inner, long timestamp, String receiveId) {
    EncodingAesKey key = account.key();
    if (!encrypts() || key == null) {
      return plain(inner, timestamp);
    }
    return envelope(cipher.encrypt(key, inner, receiveId, bytes(16)), timestamp);
  }

  private RawRequest plain(byte[] body, long timestamp) {
    String nonce = nonce();
    return new RawRequest("POST", query(timestamp, nonce, null), body, contentType());
  }

  private RawRequest envelope(String encrypt, long timestamp) {
    String nonce = nonce();
    String body =
        account.format() == BodyFormat.JSON
            ? "{\"ToUserName\":\"" + account.originalId() + "\",\"Encrypt\":\"" + encrypt + "\"}"
            : "<xml><ToUserName><![CDATA["
                + account.originalId()
                + "]]></ToUserName><Encrypt><![CDATA["
                + encrypt
                + "]]></Encrypt></xml>";
    return new RawRequest(
        "POST",
        query(timestamp, nonce, encrypt),
        body.getBytes(StandardCharsets.UTF_8),
        contentType());
  }

  private String query(long timestamp, String nonce, @Nullable String encrypt) {
    String seconds = Long.toString(timestamp);
    String query =
        "signature="
            + Signatures.sha1Hex(account.token(), seconds, nonce)
            + "&timestamp="
            + seconds
            + "&nonce="
            + nonce;
    return encrypt == null
        ? query
        : query
            + "&encrypt_type=aes&msg_signature="
            + Signatures.sha1Hex(account.token(), seconds, nonce, encrypt);
  }

  private byte[] document(String content) {
    return (account.format() == BodyFormat.JSON
            ? "{\"ToUserName\":\""
                + account.originalId()
                + "\",\"FromUserName\":\"ohostile\",\"CreateTime\":1,\"MsgType\":\"text\","
                + "\"Content\":\""
                + content
                + "\",\"MsgId\":1}"
            : xml("", content))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** DOCTYPE is an XML matter, so it is XML also to an account of the other format. */
  private byte[] doctype(String doctype, String content) {
    return xml(doctype, content).getBytes(StandardCharsets.UTF_8);
  }

  private String xml(String prolog, String content) {
    return prolog
        + "<xml><ToUserName>"
        + account.originalId()
        + "</ToUserName><FromUserName>ohostile</FromUserName><CreateTime>1</CreateTime>"
        + "<MsgType>text</MsgType><Content>"
        + content
        + "</Content><MsgId>1</MsgId></xml>";
  }

  private byte[] deep() {
    String text =
        account.format() == BodyFormat.JSON
            ? "{\"a\":".repeat(DEPTH) + "1" + "}".repeat(DEPTH)
            : "<xml>" + "<a>".repeat(DEPTH) + "</a>".repeat(DEPTH) + "</xml>";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] badUtf8() {
    byte[] document = document("MARK");
    String text = new String(document, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("MARK");
    ByteArrayOutputStream out = new ByteArrayOutputStream(document.length);
    out.write(document, 0, at);
    // An overlong slash, a surrogate on its own, a first byte without its second.
    out.writeBytes(new byte[] {(byte) 0xc0, (byte) 0xaf, (byte) 0xed, (byte) 0xa0, (byte) 0x80});
    out.write(0xe4);
    out.writeBytes(Arrays.copyOfRange(document, at + 4, document.length));
    return out.toByteArray();
  }

  private static RawRequest with(RawRequest request, String query, byte[] body) {
    return new RawRequest(request.method(), query, body, request.contentType());
  }

  private String contentType() {
    return account.format().contentType();
  }

  private String nonce() {
    return Integer.toString(100_000_000 + random.nextInt(1_900_000_000));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
