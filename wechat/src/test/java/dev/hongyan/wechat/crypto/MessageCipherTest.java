package dev.hongyan.wechat.crypto;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.wechat.Vectors;
import java.util.HexFormat;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MessageCipherTest {
  private final MessageCipher cipher = new MessageCipher();

  static Stream<Arguments> decryptions() {
    return Vectors.named(Vectors.file("msg-crypt-decrypt").get("vectors"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decryptions")
  void anEncryptValueIsOpened(String id, JsonNode vector) {
    JsonNode expected = vector.get("expected");
    byte[] encrypt = vector.get("encrypt").asText().getBytes(US_ASCII);

    assertThat(cipher.load(encrypt, 0, encrypt.length)).isEqualTo(Decryption.OK);
    assertThat(cipher.open(key(vector))).isEqualTo(Decryption.OK);
    assertThat(new String(cipher.message(), UTF_8)).isEqualTo(expected.get("msg").asText());
    assertThat(cipher.messageLength()).isEqualTo(expected.get("msg_len").asInt());
    assertThat(cipher.receiveId()).isEqualTo(vector.get("receive_id").asText());
    assertThat(cipher.receiveIdIs(vector.get("receive_id").asText().getBytes(UTF_8))).isTrue();
    assertThat(new String(cipher.plain(), 0, 16, ISO_8859_1))
        .isEqualTo(expected.get("random").asText());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decryptions")
  void sealingWhatWasOpenedGivesTheSameValue(String id, JsonNode vector) {
    assertThat(
            cipher.encrypt(
                key(vector),
                vector.at("/expected/msg").asText().getBytes(UTF_8),
                vector.get("receive_id").asText(),
                vector.at("/expected/random").asText().getBytes(ISO_8859_1)))
        .isEqualTo(vector.get("encrypt").asText());
  }

  static Stream<Arguments> encryptions() {
    return Vectors.named(Vectors.file("msg-crypt-encrypt").get("vectors"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("encryptions")
  void aMessageIsSealedAndSigned(String id, JsonNode vector) {
    JsonNode expected = vector.get("expected");
    String encrypt =
        cipher.encrypt(
            key(vector),
            vector.get("msg").asText().getBytes(UTF_8),
            vector.get("receive_id").asText(),
            vector.get("random").asText().getBytes(ISO_8859_1));

    assertThat(encrypt).isEqualTo(expected.get("encrypt").asText());
    if (expected.has("msg_signature")) {
      assertThat(
              Signatures.sha1Hex(
                  vector.get("token").asText(),
                  vector.get("timestamp").asText(),
                  vector.get("nonce").asText(),
                  encrypt))
          .isEqualTo(expected.get("msg_signature").asText());
    }
  }

  static Stream<Arguments> keys() {
    return Vectors.named(Vectors.file("msg-crypt-negative").get("keys"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("keys")
  void aKeyIsReadOrRefusedWithoutBeingRepeated(String id, JsonNode vector) {
    String text = vector.get("encoding_aes_key").asText();
    if (vector.get("expected").has("key_hex")) {
      assertThat(HexFormat.of().formatHex(EncodingAesKey.parse(text).toBytes()))
          .isEqualTo(vector.at("/expected/key_hex").asText());
      assertThat(EncodingAesKey.parse(text)).hasToString("EncodingAesKey[hidden]");
    } else {
      assertThatThrownBy(() -> EncodingAesKey.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasNoCause()
          .message()
          .doesNotContain(text)
          .contains("EncodingAESKey");
    }
  }

  @Property(tries = 300)
  void whatIsSealedOpensAgain(
      @ForAll byte[] message, @ForAll @Size(16) byte[] random, @ForAll @Size(32) byte[] id) {
    EncodingAesKey key = EncodingAesKey.parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
    String receiveId = HexFormat.of().formatHex(id);
    byte[] sealed = cipher.encrypt(key, message, receiveId, random).getBytes(US_ASCII);

    assertThat(cipher.load(sealed, 0, sealed.length)).isEqualTo(Decryption.OK);
    assertThat(cipher.open(key)).isEqualTo(Decryption.OK);
    assertThat(cipher.message()).isEqualTo(message);
    assertThat(cipher.receiveId()).isEqualTo(receiveId);
  }

  @Property(tries = 2000)
  void base64IsDecodedLikeTheJdkDoesAndNothingElseIs(@ForAll @Size(max = 40) byte[] bytes) {
    byte[] out = new byte[64];
    byte[] text = java.util.Base64.getEncoder().encode(bytes);

    int length = Base64Bytes.decode(text, 0, text.length, out);
    assertThat(java.util.Arrays.copyOf(out, length)).isEqualTo(bytes);

    boolean jdk;
    try {
      byte[] unused = java.util.Base64.getDecoder().decode(bytes);
      jdk = bytes.length % 4 == 0; // The JDK forgives missing padding, we do not.
    } catch (IllegalArgumentException e) {
      jdk = false;
    }
    assertThat(Base64Bytes.decode(bytes, 0, bytes.length, out) >= 0).isEqualTo(jdk);
  }

  @Test
  void aRandomPrefixOfAnotherLengthIsAMistake() {
    EncodingAesKey key = EncodingAesKey.parse("A".repeat(43));

    assertThatThrownBy(() -> cipher.encrypt(key, new byte[0], "", new byte[15]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static EncodingAesKey key(JsonNode vector) {
    return EncodingAesKey.parse(vector.get("encoding_aes_key").asText());
  }
}
