package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.envelope.Traceparent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TraceparentTest {
  private static final String OTHER = "00-11111111111111111111111111111111-2222222222222222-01";

  @Test
  void itIsFoundInAnEventOfOurs() {
    assertThat(Traceparent.in(Deliveries.entry().event())).isEqualTo(Deliveries.TRACEPARENT);
  }

  @Test
  void whatTheDataCallsByThatNameIsNotIt() {
    String inData = "{\"data\":{\"traceparent\":\"" + OTHER + "\"}}";
    assertThat(Traceparent.in(inData.getBytes(StandardCharsets.UTF_8))).isNull();
    String both = "{\"traceparent\":\"" + OTHER + "\"}";
    assertThat(Traceparent.in(Deliveries.entry(both).event())).isEqualTo(Deliveries.TRACEPARENT);
  }

  @Test
  void whatIsNoTraceContextIsLeftOut() {
    assertThat(Traceparent.in(bytes("{\"traceparent\":\"" + "x".repeat(55) + "\",\"data\":1}")))
        .isNull();
    assertThat(Traceparent.in(bytes("{\"traceparent\":\"00-"))).isNull();
    assertThat(Traceparent.in(bytes("{}"))).isNull();
    assertThat(Traceparent.in(bytes(""))).isNull();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
