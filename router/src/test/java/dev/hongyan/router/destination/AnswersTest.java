package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswersTest {
  private static final long NOW = 1_700_000_000_000L;

  @ParameterizedTest
  @CsvSource({
    "200, DELIVERED",
    "201, DELIVERED",
    "204, DELIVERED",
    "299, DELIVERED",
    "101, RETRY",
    "301, RETRY",
    "302, RETRY",
    "307, RETRY",
    "304, RETRY",
    "400, RETRY",
    "401, RETRY",
    "404, RETRY",
    "408, RETRY",
    "422, RETRY",
    "500, RETRY",
    "502, RETRY",
    "504, RETRY",
    "599, RETRY",
    "410, GONE",
    "429, RETRY_SLOWLY",
    "503, RETRY_SLOWLY"
  })
  void theStatusSaysWhatBecomesOfTheMessage(int status, Outcome outcome) {
    AttemptResult result = read(status, Map.of());

    assertThat(result.outcome()).isEqualTo(outcome);
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.error()).isEqualTo(outcome == Outcome.DELIVERED ? "" : "http " + status);
    assertThat(result.disable()).isFalse();
    assertThat(result.retryAfter()).isNull();
  }

  @Test
  void aDestinationCanRefuseAMessageForGood() {
    Map<String, String> never = Map.of("x-hongyan-retry", "Never");

    assertThat(read(500, never).outcome()).isEqualTo(Outcome.NEVER);
    assertThat(read(429, never).outcome()).isEqualTo(Outcome.NEVER);
    assertThat(read(200, never).outcome()).isEqualTo(Outcome.DELIVERED);
    assertThat(read(410, never).outcome()).isEqualTo(Outcome.GONE);
    assertThat(read(500, Map.of("x-hongyan-retry", "later")).outcome()).isEqualTo(Outcome.RETRY);
  }

  @Test
  void aDestinationCanAskToBeDisabledWhateverItAnswers() {
    Map<String, String> asks = Map.of("x-hongyan-disable", "true");

    assertThat(read(200, asks).disable()).isTrue();
    assertThat(read(200, asks).outcome()).isEqualTo(Outcome.DELIVERED);
    assertThat(read(500, asks).disable()).isTrue();
    assertThat(read(500, Map.of("x-hongyan-disable", "1")).disable()).isFalse();
  }

  @Test
  void retryAfterCountsForTheTwoStatusesThatMeanIt() {
    Map<String, String> after = Map.of("retry-after", "120");

    assertThat(read(429, after).retryAfter()).isEqualTo(Duration.ofMinutes(2));
    assertThat(read(503, after).retryAfter()).isEqualTo(Duration.ofMinutes(2));
    assertThat(read(500, after).retryAfter()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", " 60 , 60", "86400, 86400", "86401, 86400", "99999999999999, 86400"})
  void secondsAreTakenUpToADay(String text, long seconds) {
    assertThat(Answers.retryAfter(text, NOW)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @CsvSource({"90, 90", "-90, 0", "864000, 86400"})
  void aDateIsTakenAsTheTimeUntilThen(long fromNow, long seconds) {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            Instant.ofEpochMilli(NOW).plusSeconds(fromNow).atOffset(ZoneOffset.UTC));

    assertThat(Answers.retryAfter(date.replace("Z", "GMT"), NOW))
        .isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-5", "1.5", "soon", "Tue, 99 Nov 2023 00:00:00 GMT", "١٢"})
  void whatIsNeitherAsksForNothing(String text) {
    assertThat(Answers.retryAfter(text, NOW)).isNull();
  }

  private static AttemptResult read(int status, Map<String, String> headers) {
    return Answers.read(status, headers::get, new byte[0], Duration.ofMillis(3), NOW);
  }
}
