package dev.hongyan.wechat.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.reply.Reply;
import dev.hongyan.wechat.reply.ReplyEncoder;
import dev.hongyan.wechat.xml.XmlReader;
import me.chanjar.weixin.common.util.crypto.SHA1;
import me.chanjar.weixin.common.util.crypto.WxCryptUtil;
import me.chanjar.weixin.mp.bean.message.WxMpXmlOutMessage;
import me.chanjar.weixin.mp.bean.message.WxMpXmlOutTextMessage;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import me.chanjar.weixin.mp.util.crypto.WxMpCryptUtil;
import org.junit.jupiter.api.Test;

/** Against an implementation nobody here wrote. */
class WxJavaTest {
  private static final String TOKEN = "pamtest";
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final String APP_ID = "wxb11529c136998cb6";
  private static final long NOW = 1_715_943_329;

  private final WxMpCryptUtil wxJava = wxJava();
  private final PushAccount account =
      PushAccount.builder(Product.MP, APP_ID, TOKEN)
          .key(EncodingAesKey.parse(KEY))
          .clockWindowSeconds(0)
          .build();

  @Test
  void aMessageSealedByWxJavaIsAcceptedAndOurReplyIsOpenedByIt() throws Exception {
    String inner =
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>"
            + "<CreateTime>1715943329</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            + "<Content><![CDATA[你好 😀]]></Content><MsgId>6972028683187026694</MsgId></xml>";
    WxCryptUtil.EncryptContext sealed = wxJava.encryptContext(inner);
    String query =
        "signature="
            + SHA1.gen(TOKEN, sealed.getTimeStamp(), sealed.getNonce())
            + "&timestamp="
            + sealed.getTimeStamp()
            + "&nonce="
            + sealed.getNonce()
            + "&encrypt_type=aes&msg_signature="
            + sealed.getSignature();
    String body =
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA["
            + sealed.getEncrypt()
            + "]]></Encrypt></xml>";

    PushOutcome outcome =
        new PushDecoder().decode(account, PushQuery.parse(query), body.getBytes(UTF_8), NOW);

    assertThat(outcome).isInstanceOf(PushOutcome.Accepted.class);
    DecodedPush push = ((PushOutcome.Accepted) outcome).push();
    assertThat(new String(push.data(), UTF_8)).contains("\"Content\":\"你好 😀\"");

    byte[] reply =
        new ReplyEncoder()
            .encode(new Reply.Text("再见 ]]> 😀"), push.replyContext(), NOW, new byte[16]);
    var envelope = XmlReader.parse(reply);
    String opened =
        wxJava.decryptXml(
            envelope.text("MsgSignature"),
            envelope.text("TimeStamp"),
            envelope.text("Nonce"),
            new String(reply, UTF_8));

    assertThat(envelope.text("Nonce")).isEqualTo(sealed.getNonce());
    var document = XmlReader.parse(opened.getBytes(UTF_8));
    assertThat(document.text("ToUserName")).isEqualTo("oUser");
    assertThat(document.text("FromUserName")).isEqualTo("gh_1");
    assertThat(document.text("CreateTime")).isEqualTo("1715943329");
    assertThat(document.text("MsgType")).isEqualTo("text");
    assertThat(document.text("Content")).isEqualTo("再见 ]]> 😀");
  }

  @Test
  void aSealedReplyOfWxJavaHasTheSameShapeAsOurs() throws Exception {
    WxMpXmlOutTextMessage text =
        WxMpXmlOutMessage.TEXT().content("hi").fromUser("gh_1").toUser("oUser").build();
    var theirs = XmlReader.parse(wxJava.encrypt(text.toXml()).getBytes(UTF_8));

    assertThat(theirs.text("Encrypt")).isNotBlank();
    assertThat(theirs.text("MsgSignature")).hasSize(40);
    assertThat(theirs.text("TimeStamp")).isNotBlank();
    assertThat(theirs.text("Nonce")).isNotBlank();
  }

  private static WxMpCryptUtil wxJava() {
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setToken(TOKEN);
    config.setAesKey(KEY);
    config.setAppId(APP_ID);
    return new WxMpCryptUtil(config);
  }
}
