package dev.hongyan.wechat.reply;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.Vectors;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import dev.hongyan.wechat.xml.XmlReader;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReplyEncoderTest {
  private final ReplyEncoder encoder = new ReplyEncoder();

  static Stream<Arguments> envelopes() {
    return Vectors.named(Vectors.file("msg-crypt-encrypt").get("vectors"))
        .filter(arguments -> ((JsonNode) arguments.get()[1]).has("envelope_format"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("envelopes")
  void aSealedReplyIsTheVectorsEnvelope(String id, JsonNode vector) throws Exception {
    boolean json = vector.get("envelope_format").asText().equals("json");
    ReplyContext context =
        new ReplyContext(
            Product.MP,
            json ? BodyFormat.JSON : BodyFormat.XML,
            true,
            EncodingAesKey.parse(vector.get("encoding_aes_key").asText()),
            vector.get("token").asText(),
            vector.get("receive_id").asText(),
            vector.get("nonce").asText(),
            "",
            "",
            vector.get("platform").asText().equals("wecom-aibot"),
            false,
            false);

    byte[] envelope =
        encoder.encode(
            new Reply.Raw(vector.get("msg").asText().getBytes(UTF_8)),
            context,
            vector.get("timestamp").asLong(),
            vector.get("random").asText().getBytes(ISO_8859_1));

    JsonNode expected = vector.at("/expected/envelope");
    if (json) {
      assertThat(Vectors.json(envelope)).isEqualTo(expected);
    } else {
      assertThat(Vectors.json(XmlReader.toJson(envelope)))
          .isEqualTo(Vectors.json(XmlReader.toJson(expected.asText().getBytes(UTF_8))));
    }
  }

  static Stream<Arguments> documents() {
    return Stream.of(
        Arguments.of(new Reply.Text("a\nb"), "text", "\"Content\":\"a\\nb\""),
        Arguments.of(new Reply.Image("m"), "image", "\"Image\":{\"MediaId\":\"m\"}"),
        Arguments.of(new Reply.Voice("m"), "voice", "\"Voice\":{\"MediaId\":\"m\"}"),
        Arguments.of(
            new Reply.Video("m", "t", null),
            "video",
            "\"Video\":{\"MediaId\":\"m\",\"Title\":\"t\"}"),
        Arguments.of(
            new Reply.Music(null, "d", "u", "h", "m"),
            "music",
            "\"Music\":{\"Description\":\"d\",\"MusicUrl\":\"u\",\"HQMusicUrl\":\"h\","
                + "\"ThumbMediaId\":\"m\"}"),
        Arguments.of(
            new Reply.News(List.of(new Reply.Article("t", "d", "p", "u"))),
            "news",
            "\"ArticleCount\":\"1\",\"Articles\":{\"item\":[{\"Title\":\"t\",\"Description\":\"d\","
                + "\"PicUrl\":\"p\",\"Url\":\"u\"}]}"),
        Arguments.of(
            new Reply.TransferCustomerService("kf@1"),
            "transfer_customer_service",
            "\"TransInfo\":{\"KfAccount\":\"kf@1\"}"));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void aReplyToAPlainPushIsItsDocument(Reply reply, String type, String content) throws Exception {
    byte[] xml = encoder.encode(reply, plain(BodyFormat.XML), 1700000000, new byte[0]);

    assertThat(new String(XmlReader.toJson(xml), UTF_8))
        .isEqualTo(
            "{\"ToUserName\":\"oUser\",\"FromUserName\":\"gh_1\",\"CreateTime\":1700000000,"
                + "\"MsgType\":\""
                + type
                + "\","
                + content
                + "}");
  }

  @Test
  void aMiniProgramsJsonPushIsHandedToCustomerServiceInJsonAndKnowsNoOtherReply() {
    assertThat(
            new String(
                encoder.encode(
                    new Reply.TransferCustomerService(null),
                    plain(BodyFormat.JSON),
                    1700000000,
                    new byte[0]),
                UTF_8))
        .isEqualTo(
            "{\"ToUserName\":\"oUser\",\"FromUserName\":\"gh_1\",\"CreateTime\":1700000000,"
                + "\"MsgType\":\"transfer_customer_service\"}");
    assertThatThrownBy(
            () -> encoder.encode(new Reply.Text("x"), plain(BodyFormat.JSON), 1, new byte[16]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void newsHasOneToEightArticles() {
    Reply.Article article = new Reply.Article("", "", "", "");

    assertThatThrownBy(() -> new Reply.News(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Reply.News(java.util.Collections.nCopies(9, article)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ReplyContext plain(BodyFormat format) {
    return new ReplyContext(
        Product.MP, format, false, null, "token", "", "n", "gh_1", "oUser", false, false, false);
  }
}
