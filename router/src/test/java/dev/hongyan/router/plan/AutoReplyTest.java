package dev.hongyan.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AutoReplyTest {

  private static Future<byte[]> answer(JsonObject message, JsonObject data) {
    JsonObject event =
        new JsonObject().put("id", "7").put("type", "wx.mp.message.text").put("data", data);
    LogEntry entry =
        new LogEntry(
            "acme",
            "e1",
            1,
            new EntryHeader(7, "wx.mp.message.text", "anna", 1_000, 0),
            event.encode().getBytes(StandardCharsets.UTF_8));
    return new AutoReply(new JsonObject().put("message", message)).handle(entry);
  }

  private static String text(String template, JsonObject data) {
    Future<byte[]> answered =
        answer(new JsonObject().put("type", "text").put("content", template), data);
    assertThat(answered.failed()).as(String.valueOf(answered.cause())).isFalse();
    return Buffer.buffer(answered.result())
        .toJsonObject()
        .getJsonObject("reply")
        .getString("content");
  }

  private static JsonObject said(String content) {
    return new JsonObject().put("Content", content);
  }

  @Test
  void textsAreTemplatesOverTheEvent() {
    assertThat(text("You said {{data.Content}} ({{type}})", said("<b> & \"汉\"")))
        .isEqualTo("You said <b> & \"汉\" (wx.mp.message.text)");
    JsonArray items = new JsonArray().add("a").add("b");
    assertThat(text("{{#data.Items}}[{{.}}]{{/data.Items}}", said("").put("Items", items)))
        .isEqualTo("[a][b]");
  }

  @Test
  void whatIsNotThereIsEmpty() {
    assertThat(text("<{{data.Nothing}}{{data.Content.more}}{{none.at.all}}>", said("x")))
        .isEqualTo("<>");
  }

  @Test
  void otherKindsOfMessagesAreFilledInToo() {
    JsonObject news =
        new JsonObject()
            .put("type", "news")
            .put(
                "articles",
                new JsonArray()
                    .add(
                        new JsonObject().put("title", "{{data.Content}}").put("url", "https://x")));
    JsonObject made = Buffer.buffer(answer(news, said("hello")).result()).toJsonObject();
    assertThat(made.getJsonObject("reply").getJsonArray("articles").getJsonObject(0))
        .isEqualTo(new JsonObject().put("title", "hello").put("url", "https://x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{data.class}}",
        "{{data.Content.class.name}}",
        "{{data.Content.length}}",
        "{{data.Content.isEmpty}}",
        "{{data.Content.hashCode}}"
      })
  void noMethodIsCalled(String template) {
    assertThat(text(template, said("x"))).isEmpty();
  }

  @Test
  void manyRoundsAndLongTextsEnd() {
    JsonArray many = new JsonArray();
    for (int i = 0; i < 200; i++) {
      many.add("x");
    }
    JsonObject loops = new JsonObject().put("type", "text");
    String inner = "{{#data.L}}{{#data.L}}{{#data.L}}{{/data.L}}{{/data.L}}{{/data.L}}";
    assertThat(answer(loops.put("content", inner), new JsonObject().put("L", many)).cause())
        .hasMessageContaining("go round");
    JsonObject big = new JsonObject().put("type", "text").put("content", "{{data.Content}}");
    assertThat(answer(big, said("x".repeat(8_193))).cause()).hasMessageContaining("longer");
    assertThat(answer(big, said("x".repeat(8_192))).succeeded()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"message\":\"text\"}",
        "{\"message\":{\"content\":\"no type\"}}",
        "{\"message\":{\"type\":\"text\",\"content\":\"{{#a}}\"}}",
        "{\"message\":{\"type\":\"text\",\"content\":\"{{>other}}\"}}",
        "{\"message\":{\"type\":\"text\",\"content\":\"x\"},\"more\":1}"
      })
  void whatCannotWorkIsRefusedWhenTheRouteIsMade(String settings) {
    assertThat(Handlers.problemWith("reply", settings)).isNotNull();
  }

  @Test
  void goodSettingsAreTaken() {
    String good = "{\"message\":{\"type\":\"text\",\"content\":\"Hi {{subject}}\"}}";
    assertThat(Handlers.problemWith("reply", good)).isNull();
    assertThat(Handlers.problemWith("other", good)).contains("republish").contains("reply");
  }
}
