package dev.hongyan.observability.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private static final Ended SPAN =
      new Ended(new Span(1, 2, 3, 0, true, true), Kind.SERVER, "work", 1, 2, null, new Object[0]);

  private final Metrics metrics = new Metrics();

  private static final class Fake implements Collector {
    final List<Integer> requests = new ArrayList<>();
    final CountDownLatch closed = new CountDownLatch(1);
    volatile @Nullable String trouble;

    @Override
    public @Nullable String take(List<Ended> spans) {
      requests.add(spans.size());
      return trouble;
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  private long count(String outcome) {
    return metrics.tally(Series.SPANS, outcome).count();
  }

  @Test
  void whatDoesNotFitIsDroppedAndCounted() {
    Fake collector = new Fake();
    Outbox outbox = new Outbox(collector, metrics, Clock.system(), () -> {});
    for (int i = 0; i < Outbox.ROOM + 5; i++) {
      outbox.add(SPAN);
    }
    assertThat(count("dropped")).isEqualTo(5);

    assertThat(outbox.round()).isTrue();
    assertThat(collector.requests).hasSize(Outbox.ROOM / Outbox.BATCH).containsOnly(Outbox.BATCH);
    assertThat(count("sent")).isEqualTo(Outbox.ROOM);
    outbox.add(SPAN);
    assertThat(count("dropped")).isEqualTo(5);
  }

  @Test
  void whatTheCollectorDoesNotTakeIsLostAndTheRestWaitsForTheNextRound() {
    Fake collector = new Fake();
    collector.trouble = "away";
    Outbox outbox = new Outbox(collector, metrics, Clock.system(), () -> {});
    for (int i = 0; i < Outbox.BATCH + 1; i++) {
      outbox.add(SPAN);
    }
    assertThat(outbox.round()).isFalse();
    assertThat(count("lost")).isEqualTo(Outbox.BATCH);

    collector.trouble = null;
    assertThat(outbox.round()).isTrue();
    assertThat(count("sent")).isEqualTo(1);
  }

  @Test
  void aCollectorThatThrowsCostsItsSpansAndNothingElse() {
    Outbox outbox =
        new Outbox(
            new Collector() {
              @Override
              public String take(List<Ended> spans) {
                throw new IllegalStateException("a bug");
              }

              @Override
              public void close() {}
            },
            metrics,
            Clock.system(),
            () -> {});
    outbox.add(SPAN);
    assertThat(outbox.round()).isFalse();
    assertThat(count("lost")).isEqualTo(1);
  }

  @Test
  void stoppingSendsWhatWaitsAndTakesNoMore() throws Exception {
    Fake collector = new Fake();
    Outbox outbox = new Outbox(collector, metrics, Clock.system(), () -> {});
    for (int i = 0; i < Outbox.BATCH + 1; i++) {
      outbox.add(SPAN);
    }
    outbox.start();
    outbox.stop(Duration.ofSeconds(60));

    assertThat(collector.closed.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(count("sent")).isEqualTo(Outbox.BATCH + 1);
    outbox.add(SPAN);
    assertThat(count("dropped")).isEqualTo(1);
  }
}
