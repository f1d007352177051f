package dev.hongyan.bench.small;

import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.DecodedPush;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushDecoder;
import dev.hongyan.wechat.push.PushEncoder;
import dev.hongyan.wechat.push.PushOutcome;
import dev.hongyan.wechat.push.PushQuery;
import dev.hongyan.wechat.push.SecurityMode;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.SplittableRandom;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import me.chanjar.weixin.mp.util.crypto.WxMpCryptUtil;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * An encrypted push of a text message, about 600 B with its query, from the bytes of the request to
 * those of the event: query read, signature verified, decrypted, parsed, written as JSON and put
 * into its envelope. Beside it WxJava on the same bytes, up to its message object.
 *
 * <pre>bin/bench jmh PushDecode</pre>
 */
@State(Scope.Thread)
public class PushDecode {
  private static final String APP_ID = "wx0123456789abcdef";
  private static final String TOKEN = "benchtoken";
  private static final String AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final long NOW = 1_763_700_000;
  private static final long NOW_MILLIS = NOW * 1000;

  private final PushDecoder decoder = new PushDecoder();
  private final PushAccount account =
      PushAccount.builder(Product.MP, APP_ID, TOKEN)
          .mode(SecurityMode.ENCRYPTED)
          .key(EncodingAesKey.parse(AES_KEY))
          .build();
  private final SplittableRandom random = new SplittableRandom(7);
  private final EnvelopeWriter envelopes = new EnvelopeWriter(random::nextLong);
  private final WxMpDefaultConfigImpl wxJavaConfig = new WxMpDefaultConfigImpl();
  private String rawQuery = "";
  private byte[] body = {};
  private String bodyText = "";
  private String signature = "";
  private String timestamp = "";
  private String nonce = "";
  private @Nullable DecodedPush decoded;
  private long id = 724_000_000_000_000_000L;

  @Setup
  public void make() {
    String openid = "oBenchUser000000000000000001";
    byte[] random16 = new byte[16];
    random.nextBytes(random16);
    PushEncoder.EncodedPush request =
        new PushEncoder()
            .push(
                account,
                ("<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA["
                        + openid
                        + "]]></FromUserName><CreateTime>"
                        + NOW
                        + "</CreateTime><MsgType><![CDATA[text]]></MsgType>"
                        + "<Content><![CDATA[你好, number 42]]></Content>"
                        + "<MsgId>7000000000000000042</MsgId></xml>")
                    .getBytes(StandardCharsets.UTF_8),
                openid,
                NOW,
                "1234567890123456789",
                random16);
    rawQuery = request.query();
    body = request.body();
    bodyText = new String(body, StandardCharsets.UTF_8);
    PushQuery query = PushQuery.parse(rawQuery);
    signature = String.valueOf(query.msgSignature());
    timestamp = String.valueOf(query.timestamp());
    nonce = String.valueOf(query.nonce());
    wxJavaConfig.setAppId(APP_ID);
    wxJavaConfig.setToken(TOKEN);
    wxJavaConfig.setAesKey(AES_KEY);
    DecodedPush push = decode();
    decoded = push;
    String theirs = wxJava().getContent();
    String ours = new String(push.data(), StandardCharsets.UTF_8);
    if (!ours.contains(theirs)) {
      throw new IllegalStateException("the two do not read the same: " + ours + ", " + theirs);
    }
  }

  /** The whole way. */
  @Benchmark
  public byte[] pushToEvent() {
    return envelope(decode());
  }

  /** Without the envelope. */
  @Benchmark
  public DecodedPush verifyDecryptParse() {
    return decode();
  }

  /** The envelope alone. */
  @Benchmark
  public byte[] envelopeEncode() {
    return envelope(Objects.requireNonNull(decoded));
  }

  /**
   * What an application with WxJava does per push: its own crypto object, which checks the
   * signature and decrypts, and its message object.
   */
  @Benchmark
  public WxMpXmlMessage wxJavaPush() {
    return wxJava();
  }

  private DecodedPush decode() {
    PushOutcome outcome = decoder.decode(account, PushQuery.parse(rawQuery), body, NOW);
    if (outcome instanceof PushOutcome.Accepted accepted) {
      return accepted.push();
    }
    throw new IllegalStateException("refused: " + outcome);
  }

  private byte[] envelope(DecodedPush push) {
    return envelopes.write(
        new Envelope(
            id++,
            "bench",
            "shop",
            push.topic(),
            push.subject(),
            NOW_MILLIS,
            APP_ID,
            push.messageId(),
            null),
        push.data());
  }

  private WxMpXmlMessage wxJava() {
    String plain =
        new WxMpCryptUtil(wxJavaConfig).decryptXml(signature, timestamp, nonce, bodyText);
    return WxMpXmlMessage.fromXml(plain);
  }
}
