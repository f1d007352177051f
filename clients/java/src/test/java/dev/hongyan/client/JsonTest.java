package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void everyKindOfValueIsRead() {
    Map<String, Object> read =
        Json.object(
            " {\"a\":[1,-2.5e2,true,false,null,\"\"],\"b\":{\"\\u96c1\\n\\\"\":\"\\/🪿\"},\"c\":123456789012345678901} ");
    assertThat(read.get("a")).isEqualTo(Arrays.asList(1L, -250.0, true, false, null, ""));
    assertThat(read.get("b")).isEqualTo(Map.of("雁\n\"", "/🪿"));
    assertThat(read.get("c")).isEqualTo(1.2345678901234568e20);
  }

  @Test
  void theTextOfAMemberIsGivenAsItStands() {
    Json.Parsed parsed =
        Json.object("{\"x\":{\"event\":1}, \"event\" : { \"id\" : 1.50 } ,\"y\":2}", "event");
    assertThat(parsed.span()).isEqualTo("{ \"id\" : 1.50 }");
  }

  @Test
  void whatIsWrittenReadsTheSame() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "\u0000\u001f\"\\\n雁🪿\u007f");
    value.put("list", List.of(1L, 2.5, List.of(), Map.of()));
    value.put("nothing", null);
    assertThat(Json.object(Json.write(value))).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "1",
        "{} x",
        "{\"a\":}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":-}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":tru}",
        "{\"a\":[1,]}",
        "{\"a\" 1}",
        "{\"a",
        "{\"a\":\"\\"
      })
  void whatIsNoJsonObjectIsRefused(String text) {
    assertThatThrownBy(() -> Json.object(text)).isInstanceOf(Json.Malformed.class);
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> Json.object("{\"a\":" + "[".repeat(100_000)))
        .isInstanceOf(Json.Malformed.class);
  }
}
