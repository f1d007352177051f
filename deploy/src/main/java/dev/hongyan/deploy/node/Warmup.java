package dev.hongyan.deploy.node;

import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.push.DecodedPush;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushDecoder;
import dev.hongyan.wechat.push.PushOutcome;
import dev.hongyan.wechat.push.PushQuery;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

/**
 * Takes a made-up push through what decides about pushes, a few thousand times. A process that
 * takes over from another gets all of its traffic at one moment; by then this code should be
 * compiled, and the ciphers loaded. For a worker thread, after the start.
 */
final class Warmup implements Callable<Integer> {
  private static final int TIMES = 3_000;
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final String TOKEN = "warm";
  private static final long NOW_SECONDS = 1_700_000_000;

  /** How many of them were understood. */
  @Override
  public Integer call() {
    EncodingAesKey key = EncodingAesKey.parse(KEY);
    PushAccount account = PushAccount.builder(Product.MP, "wx0", TOKEN).key(key).build();
    String xml =
        "<xml><ToUserName><![CDATA[gh_0]]></ToUserName><FromUserName><![CDATA[o0]]></FromUserName>"
            + "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            + "<Content><![CDATA[warm]]></Content><MsgId>1</MsgId></xml>";
    String sealed =
        new MessageCipher().encrypt(key, xml.getBytes(StandardCharsets.UTF_8), "wx0", new byte[16]);
    byte[] body =
        ("<xml><ToUserName><![CDATA[gh_0]]></ToUserName><Encrypt><![CDATA["
                + sealed
                + "]]></Encrypt></xml>")
            .getBytes(StandardCharsets.UTF_8);
    String time = Long.toString(NOW_SECONDS);
    String query =
        "signature="
            + Signatures.sha1Hex(TOKEN, time, "n")
            + "&timestamp="
            + time
            + "&nonce=n&encrypt_type=aes&msg_signature="
            + Signatures.sha1Hex(TOKEN, time, "n", sealed);
    PushDecoder decoder = new PushDecoder();
    EnvelopeWriter envelopes = new EnvelopeWriter(() -> 1);
    int understood = 0;
    for (int i = 0; i < TIMES; i++) {
      PushOutcome outcome = decoder.decode(account, PushQuery.parse(query), body, NOW_SECONDS);
      if (outcome instanceof PushOutcome.Accepted accepted) {
        DecodedPush push = accepted.push();
        byte[] event =
            envelopes.write(
                new Envelope(
                    1, "t", "a", push.topic(), push.subject(), 1, "wx0", push.messageId(), null),
                push.data());
        understood += event.length > 0 ? 1 : 0;
      }
    }
    return understood;
  }
}
