package dev.hongyan.gateway.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;

class PublishingTest {
  private static JsonNode nested(int levels) {
    JsonNode node = JsonNodeFactory.instance.numberNode(1);
    for (int i = 0; i < levels; i++) {
      node = JsonNodeFactory.instance.arrayNode().add(node);
    }
    return node;
  }

  @Test
  void dataMayBeAnyJsonThatReadersCanTake() {
    assertThat(Publishing.problemWith("app.x", null, nested(0))).isNull();
    assertThat(Publishing.problemWith("app.x", "u1", nested(100))).isNull();
    assertThat(Publishing.problemWith("app.x", null, nested(101))).contains("nested");
    assertThat(Publishing.problemWith("app.x", null, null)).contains("data");
  }

  @Test
  void topicsAreUnderAppAndSubjectsArePlain() {
    assertThat(Publishing.problemWith("wx.mp.message.text", null, nested(0))).contains("app.");
    assertThat(Publishing.problemWith("app.a..b", null, nested(0))).contains("empty word");
    assertThat(Publishing.problemWith("app.*", null, nested(0))).contains("wildcard");
    assertThat(Publishing.problemWith("app.x", "", nested(0))).contains("subject");
    assertThat(Publishing.problemWith("app.x", "a\nb", nested(0))).contains("control");
  }
}
