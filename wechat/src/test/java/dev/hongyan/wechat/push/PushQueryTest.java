package dev.hongyan.wechat.push;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushQueryTest {
  @Test
  void valuesAreDecodedAndARawPlusStaysAPlus() {
    PushQuery query =
        PushQuery.parse("foo&x=1&x=2&echostr=a+b%2Bc%2f%3D=&nonce=&timestamp=12&openid=o-_1&");

    assertThat(query.isWellFormed()).isTrue();
    assertThat(query.echostr()).isEqualTo("a+b+c/==");
    assertThat(query.nonce()).isEmpty();
    assertThat(query.timestamp()).isEqualTo("12");
    assertThat(query.openid()).isEqualTo("o-_1");
    assertThat(query.signature()).isNull();
    assertThat(query.msgSignature()).isNull();
    assertThat(query.encryptType()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonce=1&nonce=1",
        "nonce=%",
        "nonce=%1",
        "nonce=%g1",
        "nonce=%1g",
        "nonce=%00",
        "nonce=%20",
        "nonce=%e4%bd%a0",
        "nonce=a b",
        "nonce=\u4f60&echostr=\u00e4"
      })
  void whatWeChatNeverSendsIsMalformed(String raw) {
    assertThat(PushQuery.parse(raw).isWellFormed()).isFalse();
  }

  @Test
  void lengthIsLimitedAndAbsenceIsNoError() {
    assertThat(PushQuery.parse("nonce=" + "1".repeat(4090)).isWellFormed()).isTrue();
    assertThat(PushQuery.parse("nonce=" + "1".repeat(4091)).isWellFormed()).isFalse();
    assertThat(PushQuery.parse(null).isWellFormed()).isTrue();
    assertThat(PushQuery.parse("").nonce()).isNull();
  }
}
