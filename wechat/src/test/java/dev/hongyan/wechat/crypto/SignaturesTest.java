package dev.hongyan.wechat.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.wechat.Vectors;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SignaturesTest {
  static Stream<Arguments> signed() {
    return Vectors.named(Vectors.file("mp-signature").get("vectors"))
        .filter(arguments -> ((JsonNode) arguments.get()[1]).has("token"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("signed")
  void aVectorIsJudgedAsStated(String id, JsonNode vector) {
    JsonNode query = vector.get("query");
    boolean matches =
        Signatures.matches(
            query.get("signature").asText(),
            vector.get("token").asText(),
            query.get("timestamp").asText(),
            query.get("nonce").asText());

    assertThat(matches).isEqualTo(vector.at("/expected/valid").asBoolean());
  }

  static Stream<Arguments> values() {
    return Stream.concat(
        Vectors.named(Vectors.file("mp-signature").get("vectors"))
            .filter(arguments -> ((JsonNode) arguments.get()[1]).has("values")),
        Vectors.named(Vectors.file("wecom-url-verification").get("signature_only")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("values")
  void theDigestOfBareValuesIsTheVectors(String id, JsonNode vector) {
    Stream<String> values = Vectors.each(vector.get("values")).map(JsonNode::asText);
    if (vector.path("kind").asText().equals("sorted-join-ampersand-sha1")) {
      values = Stream.of(String.join("&", values.sorted().toList()));
    }
    if (vector.has("token")) {
      values = Stream.concat(values, Stream.of(vector.get("token").asText()));
    }

    assertThat(Signatures.sha1Hex(values.toArray(String[]::new)))
        .isEqualTo(vector.at("/expected/sha1").asText());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("signed")
  void theFormForSlicesAgreesWithTheFormForText(String id, JsonNode vector) {
    JsonNode query = vector.get("query");
    String[] parts = {
      vector.get("token").asText(), query.get("timestamp").asText(), query.get("nonce").asText()
    };
    byte[] joined = ("<" + String.join("", parts)).getBytes(StandardCharsets.US_ASCII);
    SortedSha1 sha1 = new SortedSha1();
    sha1.reset();
    int at = 1;
    for (String part : parts) {
      sha1.add(joined, at, part.length());
      at += part.length();
    }

    assertThat(sha1.hex()).isEqualTo(Signatures.sha1Hex(parts));
  }

  @Test
  void aMissingAnUpperCaseAndAShortSignatureAreRefused() {
    String right = Signatures.sha1Hex("a", "b");

    assertThat(Signatures.matches(right, "b", "a")).isTrue();
    assertThat(Signatures.matches(null, "a", "b")).isFalse();
    assertThat(Signatures.matches(right.toUpperCase(java.util.Locale.ROOT), "a", "b")).isFalse();
    assertThat(Signatures.matches(right.substring(1), "a", "b")).isFalse();
  }

  static Stream<Arguments> pages() {
    return Vectors.named(Vectors.file("jssdk-signature").get("vectors"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pages")
  void aPageIsSignedForTheJsSdk(String id, JsonNode vector) {
    assertThat(
            JsSdkSignature.sign(
                vector.get("jsapi_ticket").asText(),
                vector.get("noncestr").asText(),
                vector.get("timestamp").asLong(),
                vector.get("url").asText()))
        .isEqualTo(vector.at("/expected/signature").asText());
  }
}
