package dev.hongyan.observability.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingTest {

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.1, 0.5, 0.999, 1})
  void ofAThousandTracesThoseAreKeptThatOpenTelemetryKeeps(double ratio) {
    Sampling ours = new Sampling(ratio);
    Sampler theirs = Sampler.traceIdRatioBased(ratio);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 1_000; i++) {
      long high = random.nextLong() | 1;
      long low = random.nextLong();
      boolean expected =
          theirs
                  .shouldSample(
                      Context.root(),
                      "%016x%016x".formatted(high, low),
                      "name",
                      SpanKind.SERVER,
                      Attributes.empty(),
                      List.of())
                  .getDecision()
              == SamplingDecision.RECORD_AND_SAMPLE;
      assertThat(ours.takes(low)).as("%016x%016x", high, low).isEqualTo(expected);
    }
  }

  @Test
  void aTenthIsAboutATenth() {
    Sampling tenth = new Sampling(0.1);
    SplittableRandom random = new SplittableRandom(7);
    int kept = 0;
    for (int i = 0; i < 100_000; i++) {
      kept += tenth.takes(random.nextLong()) ? 1 : 0;
    }
    assertThat(kept).isBetween(9_500, 10_500);
  }

  @Test
  void noneIsNoneAndWhatIsNoShareIsRefused() {
    Sampling none = new Sampling(0);
    assertThat(none.takes(0)).isFalse();
    assertThat(none.takes(Long.MIN_VALUE)).isFalse();
    assertThatThrownBy(() -> new Sampling(1.01)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Sampling(-0.1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Sampling(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
  }
}
