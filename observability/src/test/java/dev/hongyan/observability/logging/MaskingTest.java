package dev.hongyan.observability.logging;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskingTest {
  private static final String OPENID = "oABC123defGHI456jklMNO789pq_";
  private final Masking masking = new Masking(true);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "GET /cgi-bin/user/info?access_token=75_abc-DEF&lang=zh|GET /cgi-bin/user/info?access_token=***&lang=zh",
        "?grant_type=client_credential&appid=wx1&secret=s3cr3t|?grant_type=client_credential&appid=wx1&secret=***",
        "appsecret=abc, next|appsecret=***, next",
        "corpid=ww1&corpsecret=xyz|corpid=ww1&corpsecret=***",
        "webhook/send?key=693axxx6-7aoc|webhook/send?key=***",
        "{\"access_token\":\"75_abc\",\"expires_in\":7200}|{\"access_token\":\"***\",\"expires_in\":7200}",
        "{\"EncodingAESKey\" : \"abcdef\"}|{\"EncodingAESKey\" : \"***\"}",
        "{'component_verify_ticket':'ticket@@@x'}|{'component_verify_ticket':'***'}",
        "sent Bearer abc.def-123 to|sent Bearer *** to",
        "Authorization: bearer abc.def|Authorization: bearer ***",
        "Authorization: Basic dXNlcjpwYXNz|Authorization: Basic ***",
        "Authorization: hunter2 rest|Authorization: *** rest",
        "authorization=zzz|authorization=***",
        "token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.abc_def here|token *** here",
        "made whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/=|made ***",
        "password=|password=",
        "secret=a secret=b|secret=*** secret=***",
      })
  void secretsAreTakenOut(String line, String masked) {
    assertThat(masking.mask(line)).isEqualTo(masked);
  }

  @Test
  void idsOfUsersAreTakenOutUnlessPayloadsMayBeRead() {
    String line = "text from " + OPENID + " to gh_1, external wmABCDEFGHIJ0123456789abcdefghij";

    assertThat(masking.mask(line)).isEqualTo("text from *** to gh_1, external ***");
    assertThat(new Masking(false).mask(line)).isSameAs(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "listening on 127.0.0.1:8080",
        "the key to it: patience",
        "keys=3 tokens: 4 secretary=no",
        "io.vertx.core.http.impl.Http1xServerConnection",
        "openTelemetryExporterIsNotHere",
        "a bearer of news",
        "=",
        "key",
        "\"secret\"",
        "\"secret\":"
      })
  void anOrdinaryLineComesBackAsItIs(String line) {
    assertThat(masking.mask(line)).isSameAs(line);
  }
}
