package dev.hongyan.observability.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private final Metrics metrics = new Metrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void everySeriesIsExportedUnderItsDocumentedNameWithItsMeaning() {
    for (Series series : Series.values()) {
      String[] labels = series.labels().stream().map(l -> "some").toArray(String[]::new);
      switch (series.kind()) {
        case COUNTER -> {
          switch (labels.length) {
            case 0 -> metrics.count(series);
            case 1 -> metrics.count(series, labels[0]);
            default -> metrics.tally(series, labels[0], labels[1]).add(1);
          }
        }
        case TIMER -> {
          if (labels.length == 1) {
            metrics.stopwatch(series, labels[0]).record(1);
          } else {
            metrics.stopwatch(series, labels[0], labels[1]).record(1);
          }
        }
        case GAUGE -> {
          Level level = labels.length == 0 ? metrics.level(series) : metrics.level(series, "some");
          level.set(1);
        }
      }
    }

    String text = scrape();

    for (Series series : Series.values()) {
      String sample =
          series.prometheusName() + (series.kind() == Series.Kind.TIMER ? "_count" : "");
      assertThat(text)
          .containsPattern("(?m)^" + sample + "(\\{[^}]*})? 1(\\.0)?$")
          .contains("# HELP " + series.prometheusName() + " " + series.meaning());
      series.labels().forEach(label -> assertThat(text).contains(label + "=\"some\""));
    }
  }

  @Test
  void aCounterWithoutLabelsReadsZeroBeforeItsFirstEvent() {
    assertThat(scrape()).contains("\nhongyan_log_appended_total 0.0\n");
  }

  @Test
  void spansFallIntoFixedBuckets() {
    Stopwatch webhook = metrics.stopwatch(Series.API_LATENCY, "webhook", "ok");
    webhook.record(TimeUnit.MILLISECONDS.toNanos(3));
    webhook.record(TimeUnit.MILLISECONDS.toNanos(300));

    assertThat(scrape())
        .contains("api_latency_seconds_bucket{api=\"webhook\",outcome=\"ok\",le=\"0.002\"} 0")
        .contains("api_latency_seconds_bucket{api=\"webhook\",outcome=\"ok\",le=\"0.005\"} 1")
        .contains("api_latency_seconds_bucket{api=\"webhook\",outcome=\"ok\",le=\"0.5\"} 2")
        .contains("api_latency_seconds_bucket{api=\"webhook\",outcome=\"ok\",le=\"5.0\"} 2");
  }

  @Test
  void theSameLabelsGiveTheSameChild() {
    assertThat(metrics.tally(Series.DELIVERED, "live"))
        .isSameAs(metrics.tally(Series.DELIVERED, "live"));
  }

  @Test
  void aLabelThatSomebodyMakesUpWithoutEndIsFoldedIntoOther() {
    for (int i = 0; i < 1000; i++) {
      metrics.count(Series.PUSHES_REFUSED, "stage-" + i);
    }

    String text = scrape();

    assertThat(text.lines().filter(l -> l.startsWith("hongyan_pushes_refused_total{")))
        .hasSize(Series.LABELS_MAX + 1);
    assertThat(text).contains("hongyan_pushes_refused_total{stage=\"_other\"} 900.0");
  }

  @Test
  void theDeepestQueuesAreNamedAndTheRestIsOneNumber() {
    for (int i = 1; i <= 250; i++) {
      metrics.level(Series.QUEUE_DEPTH, "tenant-" + i).set(i);
    }

    String text = scrape();

    assertThat(text.lines().filter(l -> l.startsWith("msg_queue_depth{"))).hasSize(101);
    assertThat(text)
        .contains("msg_queue_depth{tenant=\"tenant-250\"} 250.0")
        .contains("msg_queue_depth{tenant=\"tenant-151\"} 151.0")
        .doesNotContain("tenant=\"tenant-150\"")
        .contains("msg_queue_depth{tenant=\"_other\"} " + (150.0 * 151 / 2));
  }

  @Test
  void sharesOfAGaugeAddUpUntilTheyAreClosed() {
    Level first = metrics.level(Series.SESSIONS);
    Level second = metrics.level(Series.SESSIONS);
    first.add(3);
    second.set(4);
    metrics.gauge(Series.SESSIONS, () -> 10);
    assertThat(scrape()).contains("\nhongyan_sessions 17.0\n");

    second.close();

    assertThat(scrape()).contains("\nhongyan_sessions 13.0\n");
  }

  @Test
  void theProcessIsWatchedFromTheFirstScrapeOn() {
    Metrics process = Metrics.ofProcess();

    assertThat(new String(process.scrape("text/plain"), StandardCharsets.UTF_8))
        .contains("jvm_memory_used_bytes{")
        .contains("jvm_threads_live_threads ")
        .contains("process_cpu_usage ");
    process.close();
  }

  @Test
  void aSeriesUsedWithTheWrongLabelsOrKindIsABugThatIsSeenAtOnce() {
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.count(Series.PUSHES_REFUSED));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.count(Series.SESSIONS));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.level(Series.LOG_APPENDED));
  }

  private String scrape() {
    return new String(metrics.scrape("text/plain"), StandardCharsets.UTF_8);
  }
}
