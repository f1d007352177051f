package dev.hongyan.wechat.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.Vectors;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The shared vectors through the whole decoder. */
class PushVectorsTest {
  private final PushDecoder decoder = new PushDecoder();

  static Stream<Arguments> pushes() {
    return Vectors.named(Vectors.file("msg-crypt-decrypt").get("vectors"))
        .filter(arguments -> ((JsonNode) arguments.get()[1]).has("body"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pushes")
  void anEncryptedPushIsAccepted(String id, JsonNode vector) {
    String inner = vector.at("/expected/msg").asText();
    PushOutcome outcome = decode(account(vector), vector, vector.get("body").asText());
    if (inner.contains(": :mycreate")) {
      // Two published samples seal text that is no JSON: everything before that check must pass.
      assertThat(refused(outcome)).isEqualTo(Stage.JSON);
      return;
    }
    DecodedPush push = accepted(outcome);

    assertThat(push.signature()).isEqualTo(vector.at("/query/msg_signature").asText());
    assertThat(push.replyContext().encrypted()).isTrue();
    assertThat(push.replyContext().receiveId()).isEqualTo(vector.get("receive_id").asText());
    assertThat(push.replyContext().format())
        .isEqualTo(inner.stripLeading().startsWith("{") ? BodyFormat.JSON : BodyFormat.XML);
    assertThat(push.topic()).startsWith(product(vector).topicPrefix() + ".");
    JsonNode data = Vectors.json(push.data());
    if (inner.stripLeading().startsWith("{")) {
      Vectors.json(inner.getBytes(UTF_8))
          .properties()
          .forEach(
              field ->
                  assertThat(data.get(field.getKey()).asText())
                      .isEqualTo(field.getValue().asText()));
    } else {
      assertThat(data.size()).isGreaterThanOrEqualTo(4);
    }
  }

  static Stream<Arguments> hostile() {
    return Vectors.named(Vectors.file("msg-crypt-negative").get("vectors"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void aHostilePushIsRefusedAtTheStatedStage(String id, JsonNode vector) {
    String body =
        "<xml><Encrypt><![CDATA[" + vector.get("encrypt").asText() + "]]></Encrypt></xml>";

    assertThat(refused(decode(account(vector), vector, body)))
        .isEqualTo(stage(vector.at("/expected/error").asText()));
  }

  private static Stage stage(String error) {
    return switch (error) {
      case "ciphertext" -> Stage.BLOCK;
      // The platform sends lower case; upper case is refused, decided once.
      case "signature-or-accept" -> Stage.SIGNATURE;
      case "missing-encrypt", "empty-body" -> Stage.ENVELOPE;
      default -> Stage.valueOf(error.toUpperCase(Locale.ROOT));
    };
  }

  static Stream<Arguments> documents() {
    return Vectors.named(Vectors.file("msg-crypt-negative").get("xml"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("documents")
  void aHostileEnvelopeIsRefusedBeforeItsSignatureIsLookedAt(String id, JsonNode vector) {
    JsonNode any = Vectors.file("msg-crypt-negative").at("/vectors/0");

    assertThat(refused(decode(account(any), any, vector.get("body").asText())))
        .isEqualTo(stage(vector.at("/expected/error").asText()));
  }

  @Test
  void thePreviousKeyOpensAPushAndIsTheOneToReplyWith() {
    JsonNode vector = Vectors.file("msg-crypt-negative").get("key_rotation");
    EncodingAesKey previous =
        EncodingAesKey.parse(vector.get("previous_encoding_aes_key").asText());
    PushAccount account =
        PushAccount.builder(
                Product.MINI, vector.get("receive_id").asText(), vector.get("token").asText())
            .key(EncodingAesKey.parse(vector.get("current_encoding_aes_key").asText()))
            .previousKey(previous)
            .build();
    String body = "{\"Encrypt\":\"" + vector.get("encrypt").asText() + "\"}";

    DecodedPush push = accepted(decode(account, vector, body));

    assertThat(new String(push.data(), UTF_8)).isEqualTo(vector.at("/expected/msg").asText());
    assertThat(push.replyContext().key()).isEqualTo(previous);
    assertThat(push.replyContext().previousKey()).isTrue();
  }

  static Stream<Arguments> verifications() {
    return Vectors.named(Vectors.file("wecom-url-verification").get("vectors"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("verifications")
  void aWeComVerificationIsAnsweredWithTheDecryptedText(String id, JsonNode vector) {
    PushAccount account = account(vector, Product.WECOM);
    String raw =
        vector.has("raw_query_string")
            ? vector.get("raw_query_string").asText()
            : Vectors.query(vector.get("query"));

    assertThat(decoder.verifyUrl(account, PushQuery.parse(raw), 0))
        .isEqualTo(new PushOutcome.Echo(vector.at("/expected/response_body").asText()));
  }

  static Stream<Arguments> wrongVerifications() {
    return Vectors.named(Vectors.file("wecom-url-verification").get("negative"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongVerifications")
  void aWrongWeComVerificationIsRefused(String id, JsonNode vector) {
    ObjectNode merged =
        Vectors.each(Vectors.file("wecom-url-verification").get("vectors"))
            .filter(base -> base.get("id").equals(vector.get("base")))
            .findFirst()
            .orElseThrow()
            .deepCopy();
    JsonNode override = vector.get("override");
    if (override.has("query")) {
      ((ObjectNode) merged.get("query")).setAll((ObjectNode) override.get("query"));
    }
    if (override.has("receive_id")) {
      merged.set("receive_id", override.get("receive_id"));
    }

    PushOutcome outcome =
        decoder.verifyUrl(
            account(merged, Product.WECOM), PushQuery.parse(Vectors.query(merged.get("query"))), 0);

    assertThat(refused(outcome)).isEqualTo(stage(vector.at("/expected/error").asText()));
  }

  static Stream<Arguments> plainVerifications() {
    return Vectors.named(Vectors.file("mp-signature").get("vectors"))
        .filter(
            arguments ->
                ((JsonNode) arguments.get()[1]).get("kind").asText().equals("url-verification"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("plainVerifications")
  void anOfficialAccountsVerificationEchoesTheTextAlsoInSafeMode(String id, JsonNode vector) {
    PushAccount account =
        PushAccount.builder(Product.MP, "wx1", vector.get("token").asText())
            .key(EncodingAesKey.parse("A".repeat(43)))
            .build();

    PushOutcome outcome =
        decoder.verifyUrl(account, PushQuery.parse(Vectors.query(vector.get("query"))), 0);

    assertThat(outcome)
        .isEqualTo(
            vector.at("/expected/valid").asBoolean()
                ? new PushOutcome.Echo(vector.at("/expected/response_body").asText())
                : new PushOutcome.Refused(Stage.SIGNATURE));
  }

  private PushOutcome decode(PushAccount account, JsonNode vector, String body) {
    JsonNode query = vector.get("query");
    return decoder.decode(
        account,
        PushQuery.parse(Vectors.query(query)),
        body.getBytes(UTF_8),
        query.get("timestamp").asLong());
  }

  private static PushAccount account(JsonNode vector) {
    return account(vector, product(vector));
  }

  private static PushAccount account(JsonNode vector, Product product) {
    return PushAccount.builder(product, "unused", vector.get("token").asText())
        .key(EncodingAesKey.parse(vector.get("encoding_aes_key").asText()))
        .receiveIds(List.of(vector.get("receive_id").asText()))
        .build();
  }

  private static Product product(JsonNode vector) {
    return switch (vector.path("platform").asText("miniprogram")) {
      case "official-account" -> Product.MP;
      case "open-platform" -> Product.OPEN;
      case "wecom", "wecom-aibot" -> Product.WECOM;
      case "miniprogram" -> Product.MINI;
      default -> throw new AssertionError(vector);
    };
  }

  private static DecodedPush accepted(PushOutcome outcome) {
    assertThat(outcome).isInstanceOf(PushOutcome.Accepted.class);
    return ((PushOutcome.Accepted) outcome).push();
  }

  private static Stage refused(PushOutcome outcome) {
    assertThat(outcome).isInstanceOf(PushOutcome.Refused.class);
    return ((PushOutcome.Refused) outcome).stage();
  }
}
