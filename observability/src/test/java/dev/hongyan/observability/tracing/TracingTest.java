package dev.hongyan.observability.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  /** By a tenth its trace is not kept: the second half is nearly the largest there is. */
  private static final String LEFT_OUT = "0af7651916cd43dd7ffffffffffffff0";

  private static final String KEPT = "0af7651916cd43dd0000000000000001";
  private static final String SPAN = "b7ad6b7169203331";

  private final ManualTime time = new ManualTime(1_700_000_000_000L);
  private final Metrics metrics = new Metrics();
  private final List<Ended> arrived = new ArrayList<>();
  private final Outbox outbox = new Outbox(new Arrived(), metrics, time, () -> {});
  private final Tracing tenth = Tracing.to(outbox, 0.1, time, new SplittableRandom(7)::nextLong);

  private final class Arrived implements Collector {
    @Override
    public String take(List<Ended> spans) {
      arrived.addAll(spans);
      return null;
    }

    @Override
    public void close() {}
  }

  private static String header(String trace, String flags) {
    return "00-" + trace + "-" + SPAN + "-" + flags;
  }

  @Test
  void offThereIsNoSpanAndTracesThatBeginAreFlaggedAsBefore() {
    assertThat(Tracing.off().begin(null)).isNull();
    assertThat(Tracing.off().begin(header(TRACE, "01"))).isNull();
    assertThat(Tracing.off().wants(null, false)).isFalse();
    assertThat(Tracing.off().keeps(Long.MAX_VALUE)).isTrue();
    Tracing.off().stop(Duration.ZERO);
  }

  @Test
  void aKeptStepNamesItselfToTheNext() {
    Span span = tenth.begin(header(KEPT, "00"));

    assertThat(span.header()).startsWith("00-" + KEPT + "-").endsWith("-01").doesNotContain(SPAN);
    assertThat(TraceHeader.isValid(span.header())).isTrue();
    assertThat(span.parent).isEqualTo(0xb7ad6b7169203331L);

    Span next = tenth.begin(span.header());
    assertThat(next.parent).isEqualTo(span.id);
    assertThat(next.traceHigh).isEqualTo(span.traceHigh);
    assertThat(next.traceLow).isEqualTo(span.traceLow);
  }

  @Test
  void aStepOfATraceThatIsNotKeptPassesOnWhatCame() {
    Span span = tenth.begin(header(LEFT_OUT, "00"));

    assertThat(span.header()).isEqualTo(header(LEFT_OUT, "00"));
    assertThat(tenth.wants(span, true)).isFalse();
  }

  @Test
  void aTraceThatBeginsHereTellsByItsFlagWhetherItIsKeptAndAllAfterItAgree() {
    Tracing elsewhere = Tracing.to(outbox, 0.1, time, new SplittableRandom(8)::nextLong);
    Sampling rule = new Sampling(0.1);
    int kept = 0;
    for (int i = 0; i < 1_000; i++) {
      String garbage = i % 2 == 0 ? null : "00-nothing";
      Span first = tenth.begin(garbage);
      boolean expected = rule.takes(first.traceLow);
      assertThat(TraceHeader.isValid(first.header())).isTrue();
      assertThat(first.header()).endsWith(expected ? "-01" : "-00");
      assertThat(first.parent).isZero();
      assertThat(first.isKept()).isEqualTo(expected);
      Span second = elsewhere.begin(first.header());
      assertThat(second.isKept()).isEqualTo(expected);
      assertThat(second.parent).isEqualTo(first.id);
      kept += expected ? 1 : 0;
    }
    assertThat(kept).isBetween(50, 150);
  }

  @Test
  void aCallerWhoKeepsItsTraceIsFollowedAHundredTimesASecond() {
    for (int second = 0; second < 2; second++) {
      for (int i = 0; i < Tracing.EXTRA_PER_SECOND; i++) {
        assertThat(tenth.begin(header(LEFT_OUT, "01")).isKept()).isTrue();
      }
      Span beyond = tenth.begin(header(LEFT_OUT, "01"));
      assertThat(beyond.isKept()).isFalse();
      assertThat(beyond.header()).isEqualTo(header(LEFT_OUT, "01")); // its services may go on
      assertThat(tenth.begin(header(KEPT, "01")).isKept()).isTrue();
      time.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void whatFailsIsWantedThoughItsTraceIsNotKeptAHundredTimesASecond() {
    Span span = tenth.begin(header(LEFT_OUT, "00"));
    for (int i = 0; i < Tracing.EXTRA_PER_SECOND; i++) {
      assertThat(tenth.wants(span, false)).isTrue();
    }
    assertThat(tenth.wants(span, false)).isFalse();
    assertThat(tenth.wants(tenth.begin(header(KEPT, "00")), false)).isTrue();
    time.advance(Duration.ofSeconds(1));
    assertThat(tenth.wants(span, false)).isTrue();
  }

  @Test
  void anEndedStepArrivesWithItsTimes() {
    Span span = tenth.begin(header(KEPT, "01"));
    long began = time.nanos();
    time.advance(Duration.ofMillis(5));
    tenth.end(span, Kind.CLIENT, "work", began, "http 500", "a", "b", "c", 5L);

    assertThat(outbox.round()).isTrue();
    Ended ended = arrived.get(0);
    assertThat(ended.span()).isSameAs(span);
    assertThat(ended.name()).isEqualTo("work");
    assertThat(ended.error()).isEqualTo("http 500");
    assertThat(ended.beganNanos()).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(ended.endedNanos() - ended.beganNanos()).isEqualTo(5_000_000);
    assertThat(metrics.tally(Series.SPANS, "sent").count()).isEqualTo(1);
  }
}
