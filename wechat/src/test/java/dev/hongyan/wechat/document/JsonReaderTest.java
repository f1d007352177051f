package dev.hongyan.wechat.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hongyan.wechat.document.MalformedDocument.Reason;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonReaderTest {
  private static final JsonMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonParser.Feature.ALLOW_COMMENTS)
          .build();

  @Test
  void aListIsAnArrayWhetherItCameAsObjectOrArray() throws Exception {
    assertThat(json("{\"List\":{\"a\":1},\"x\":{\"List\":[{\"a\":1}]}}"))
        .isEqualTo("{\"List\":[{\"a\":1}],\"x\":{\"List\":[{\"a\":1}]}}");
  }

  @Test
  void idsBecomeStringsTimesNumbersAndTheRestStays() throws Exception {
    assertThat(
            json(
                " { \"MsgId\" : 6972028683187026694 , \"CreateTime\":\"12\",\"Scale\":\"7\",\n"
                    + "\"n\":-1.5e+10,\"t\":true,\"f\":false,\"z\":null,\"s\":\"\\u4f60\\/\",\"e\":{},"
                    + "\"l\":[],\"\\u0061\\\"\":[1,[\"x\"]] } "))
        .isEqualTo(
            "{\"MsgId\":\"6972028683187026694\",\"CreateTime\":12,\"Scale\":\"7\","
                + "\"n\":-1.5e+10,\"t\":true,\"f\":false,\"z\":null,\"s\":\"\\u4f60\\/\",\"e\":{},"
                + "\"l\":[],\"a\\\"\":[1,[\"x\"]]}");
  }

  @Test
  void textIsPlainWhateverTheEscapes() throws Exception {
    Document document =
        JsonReader.parse(
            "{\"a\":\"\\ud83d\\ude00\\n\\\"\\\\\\/\\b\\f\\r\\t\\ud800\",\"b\":null,\"c\":{\"D\":5}}"
                .getBytes(UTF_8));

    assertThat(document.text("a")).isEqualTo("😀\n\"\\/\b\f\r\t\ufffd");
    assertThat(document.text("b")).isNull();
    assertThat(document.text("C", "d")).isEqualTo("5");
    assertThat(document.text("c")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "EMPTY|``",
        "SYNTAX|[]",
        "SYNTAX|\"a\"",
        "TRAILING|{}{}",
        "TRAILING|{}x",
        "DUPLICATE|{\"a\":1,\"a\":2}",
        "DUPLICATE|{\"a\":1,\"\\u0061\":2}",
        "SYNTAX|{\"a\":01}",
        "SYNTAX|{\"a\":1.}",
        "SYNTAX|{\"a\":.5}",
        "SYNTAX|{\"a\":+1}",
        "SYNTAX|{\"a\":NaN}",
        "SYNTAX|{\"a\":nul1}",
        "SYNTAX|{\"a\":'b'}",
        "SYNTAX|{a:1}",
        "SYNTAX|{\"a\":1,}",
        "SYNTAX|{\"a\":[1,]}",
        "SYNTAX|{\"a\":\"\\x\"}",
        "SYNTAX|{\"a\":\"\\u12g4\"}",
        "TRUNCATED|{\"a\":\"",
        "TRUNCATED|{\"a\":[",
        "TRUNCATED|{"
      })
  void whatIsNotOneObjectIsRefused(Reason reason, String json) {
    assertThat(refusal(json)).isEqualTo(reason);
  }

  @Test
  void depthCountAndNumbersAreLimited() {
    assertThat(refusal("{\"a\":" + "[".repeat(100_000))).isEqualTo(Reason.DEPTH);
    assertThat(refusal("{\"a\":[" + "1,".repeat(5000) + "1]}")).isEqualTo(Reason.COUNT);
    assertThat(refusal("{\"a\":" + "1".repeat(129) + "}")).isEqualTo(Reason.LENGTH);
    assertThat(refusal("{\"a\":\"\u0001\"}")).isEqualTo(Reason.SYNTAX);
  }

  @Property(tries = 3000)
  void ourReaderAgreesWithJackson(@ForAll("texts") String text) throws Exception {
    JsonNode expected;
    try {
      expected = JACKSON.readTree(text.getBytes(UTF_8));
      expected = expected.isObject() ? expected : null;
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      expected = null;
    }
    JsonNode actual;
    try {
      actual = JACKSON.readTree(new JsonWriter().write(JsonReader.parse(text.getBytes(UTF_8))));
    } catch (MalformedDocument e) {
      actual = null;
    }
    assertThat(actual).isEqualTo(expected);
  }

  /** Mostly well-formed objects, some with one character changed. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> scalar =
        Arbitraries.of(
            "1",
            "-0",
            "1.5e3",
            "true",
            "null",
            "\"\"",
            "\"a\\n\"",
            "\"你\\ud83d\\ude00\"",
            "{}",
            "[]");
    Arbitrary<String> value =
        Arbitraries.recursive(
            () -> scalar,
            inner ->
                Arbitraries.oneOf(
                    inner.list().ofMaxSize(3).map(list -> "[" + String.join(" , ", list) + "]"),
                    inner.list().ofMaxSize(3).map(JsonReaderTest::object)),
            0,
            3);
    Arbitrary<String> object = value.list().ofMaxSize(4).map(JsonReaderTest::object);
    return net.jqwik.api.Combinators.combine(
            object,
            Arbitraries.integers().between(-60, 60),
            Arbitraries.of('{', '"', ',', '\\', '0', 'x'))
        .as(
            (text, at, c) ->
                at < 0 || at >= text.length()
                    ? text
                    : text.substring(0, at) + c + text.substring(at + 1));
  }

  private static String object(java.util.List<String> values) {
    StringBuilder out = new StringBuilder("{");
    for (int i = 0; i < values.size(); i++) {
      out.append(i == 0 ? "" : ",\n").append("\"k").append(i).append("\": ").append(values.get(i));
    }
    return out + "}";
  }

  private static String json(String json) throws MalformedDocument {
    return new String(new JsonWriter().write(JsonReader.parse(json.getBytes(UTF_8))), UTF_8);
  }

  private static Reason refusal(String json) {
    MalformedDocument refusal =
        catchThrowableOfType(MalformedDocument.class, () -> JsonReader.parse(json.getBytes(UTF_8)));
    assertThat(refusal).isNotNull();
    return refusal.reason();
  }
}
