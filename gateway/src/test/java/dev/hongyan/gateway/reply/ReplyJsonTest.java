package dev.hongyan.gateway.reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.Account;
import dev.hongyan.wechat.reply.Reply;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyJsonTest {
  private static JsonNode json(String text) {
    return ReplyJson.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void everyKindIsRead() {
    assertThat(ReplyJson.read(json("{'type':'text','content':'hi'}")))
        .isEqualTo(new Reply.Text("hi"));
    assertThat(ReplyJson.read(json("{'type':'image','mediaId':'m'}")))
        .isEqualTo(new Reply.Image("m"));
    assertThat(ReplyJson.read(json("{'type':'voice','mediaId':'m'}")))
        .isEqualTo(new Reply.Voice("m"));
    assertThat(ReplyJson.read(json("{'type':'video','mediaId':'m','title':'t'}")))
        .isEqualTo(new Reply.Video("m", "t", null));
    assertThat(ReplyJson.read(json("{'type':'music','thumbMediaId':'m','musicUrl':'u'}")))
        .isEqualTo(new Reply.Music(null, null, "u", null, "m"));
    assertThat(ReplyJson.read(json("{'type':'news','articles':[{'title':'t','url':'u'}]}")))
        .isEqualTo(new Reply.News(java.util.List.of(new Reply.Article("t", "", "", "u"))));
    assertThat(ReplyJson.read(json("{'type':'transfer_customer_service','account':'a@b'}")))
        .isEqualTo(new Reply.TransferCustomerService("a@b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|an object",
        "{}|type is",
        "{'type':7}|type is",
        "{'type':'html'}|type is",
        "{'type':'text'}|content is required",
        "{'type':'text','content':''}|content is required",
        "{'type':'text','content':7}|content is a string",
        "{'type':'image'}|mediaId is required",
        "{'type':'news','articles':[]}|articles is a list",
        "{'type':'news','articles':[{'title':'t'}]}|url is required"
      })
  void whatIsNoReplyIsRefusedWithAReason(String message, String why) {
    assertThatThrownBy(() -> ReplyJson.read(json(message)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aTextMayBeAsLongAsWeChatAllowsInBytes() {
    String fits = "好".repeat(682) + "ab";
    assertThat(ReplyJson.read(json("{'type':'text','content':'" + fits + "'}")))
        .isEqualTo(new Reply.Text(fits));
    assertThatThrownBy(() -> ReplyJson.read(json("{'type':'text','content':'" + fits + "c'}")))
        .hasMessageContaining("2048");
  }

  @Test
  void aDestinationThatSaysNothingAnswersNothing() {
    for (String body : new String[] {"", "ok", "{", "{}", "[]", "7", "{'reply':null}"}) {
      assertThat(ReplyJson.ofDestination(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8)))
          .as(body)
          .isNull();
    }
  }

  private static JsonObject late(Account.Kind kind, String message) {
    JsonNode tree = json(message);
    return LateMessages.of(ReplyJson.read(tree), tree, kind, "o1");
  }

  @Test
  void aLateAnswerIsACustomerServiceMessage() {
    assertThat(late(Account.Kind.MP, "{'type':'image','mediaId':'m'}"))
        .isEqualTo(
            new JsonObject(
                "{\"touser\":\"o1\",\"msgtype\":\"image\",\"image\":{\"media_id\":\"m\"}}"));
    assertThat(
            late(Account.Kind.MP, "{'type':'video','mediaId':'m','thumbMediaId':'t','title':'x'}")
                .getJsonObject("video"))
        .isEqualTo(
            new JsonObject().put("media_id", "m").put("thumb_media_id", "t").put("title", "x"));
    assertThat(
            late(
                    Account.Kind.MP,
                    "{'type':'music','thumbMediaId':'m','musicUrl':'u','hqMusicUrl':'h'}")
                .getJsonObject("music"))
        .isEqualTo(
            new JsonObject()
                .put("musicurl", "u")
                .put("hqmusicurl", "h")
                .put("thumb_media_id", "m"));
    assertThat(
            late(
                    Account.Kind.MP,
                    "{'type':'news','articles':[{'title':'a','url':'u'},{'title':'b','url':'v'}]}")
                .getJsonObject("news")
                .getJsonArray("articles"))
        .hasSize(1);
  }

  @Test
  void whatHasNoCustomerServiceMessageIsNone() {
    assertThat(late(Account.Kind.MP, "{'type':'transfer_customer_service'}")).isNull();
    assertThat(late(Account.Kind.MINI, "{'type':'voice','mediaId':'m'}")).isNull();
    assertThat(late(Account.Kind.MINI, "{'type':'text','content':'hi'}")).isNotNull();
    assertThat(late(Account.Kind.WECOM, "{'type':'text','content':'hi'}")).isNull();
  }
}
