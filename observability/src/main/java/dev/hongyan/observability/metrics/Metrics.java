package dev.hongyan.observability.metrics;

import dev.hongyan.observability.usage.Usage;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Records every {@link Series}; one per process (tests make their own). Thread-safe and never
 * blocks.
 *
 * <p>{@code count(series, label)} costs two map reads and an add. Code that runs for every message
 * keeps the child instead: {@code Tally appended = metrics.tally(Series.LOG_APPENDED)}.
 */
public final class Metrics implements AutoCloseable {
  private static final Duration[] BUCKETS =
      Stream.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final PrometheusRegistry prometheus = new PrometheusRegistry();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, prometheus, Clock.SYSTEM);
  private final Map<Series, Children<Tally>> tallies = new EnumMap<>(Series.class);
  private final Map<Series, Children<Stopwatch>> stopwatches = new EnumMap<>(Series.class);
  private final Gauges gauges = new Gauges();
  private final Usage usage = new Usage();
  private boolean ofProcess;
  private @Nullable JvmGcMetrics gc;

  public Metrics() {
    for (Series series : Series.values()) {
      boolean two = series.labels().size() == 2;
      switch (series.kind()) {
        case COUNTER ->
            tallies.put(series, new Children<>(two, (a, b) -> new Tally(counter(series, a, b))));
        case TIMER ->
            stopwatches.put(
                series, new Children<>(two, (a, b) -> new Stopwatch(timer(series, a, b))));
        case GAUGE -> {}
      }
      if (series.kind() == Series.Kind.COUNTER && series.labels().isEmpty()) {
        // A counter that reads 0 before its first event: a rate over it is right from the start.
        tally(series).add(0);
      }
    }
    prometheus.register(gauges);
  }

  /**
   * With the figures of this process, which {@link #bindProcess} adds at the first scrape at the
   * latest: it takes long enough to be felt in the time of a start.
   */
  public static Metrics ofProcess() {
    Metrics metrics = new Metrics();
    metrics.ofProcess = true;
    return metrics;
  }

  /** Adds the memory, garbage collection, threads, CPU and descriptors of this process. */
  public synchronized void bindProcess() {
    if (gc != null) {
      return;
    }
    gc = new JvmGcMetrics();
    gc.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
  }

  /** Counts one event of a series without labels. */
  public void count(Series series) {
    tally(series).add();
  }

  /** Counts one event of a series with one label. */
  public void count(Series series, String label) {
    tally(series, label).add();
  }

  /** The counter of a series without labels. */
  public Tally tally(Series series) {
    return child(tallies, series, 0, "", "");
  }

  /** The counter of a series for one value of its label. */
  public Tally tally(Series series, String label) {
    return child(tallies, series, 1, label, "");
  }

  /** The counter of a series with two labels, in the order of {@link Series#labels()}. */
  public Tally tally(Series series, String first, String second) {
    return child(tallies, series, 2, first, second);
  }

  /**
   * What each tenant used. Not a series, for a tenant is no label: it is kept by day in the store.
   */
  public Usage usage() {
    return usage;
  }

  /** The histogram of a series with one label. */
  public Stopwatch stopwatch(Series series, String label) {
    return child(stopwatches, series, 1, label, "");
  }

  /** The histogram of a series with two labels, in the order of {@link Series#labels()}. */
  public Stopwatch stopwatch(Series series, String first, String second) {
    return child(stopwatches, series, 2, first, second);
  }

  /** A new share of a gauge without labels, starting at 0. */
  public Level level(Series series) {
    requireLabels(series, 0);
    return gauges.level(series, "");
  }

  /** A new share of a gauge for one value of its label, starting at 0. */
  public Level level(Series series, String label) {
    requireLabels(series, 1);
    return gauges.level(series, label);
  }

  /**
   * A share of a gauge without labels that is asked for when Prometheus asks. {@code supplier} runs
   * on a worker thread and does not block.
   */
  public void gauge(Series series, DoubleSupplier supplier) {
    requireLabels(series, 0);
    gauges.supply(series, supplier);
  }

  /**
   * Everything as Prometheus text; takes some milliseconds, so not on an event loop.
   *
   * @param contentType {@code text/plain} (format 0.0.4) or {@code application/openmetrics-text}
   */
  public byte[] scrape(String contentType) {
    if (ofProcess) {
      bindProcess();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
    try {
      registry.scrape(out, contentType);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  @Override
  public void close() {
    JvmGcMetrics bound = gc;
    if (bound != null) {
      bound.close();
    }
    registry.close();
  }

  private Counter counter(Series series, String first, String second) {
    return Counter.builder(series.prometheusName())
        .description(series.meaning())
        .tags(tags(series, first, second))
        .register(registry);
  }

  private Timer timer(Series series, String first, String second) {
    return Timer.builder(series.prometheusName())
        .description(series.meaning())
        .tags(tags(series, first, second))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private static Tags tags(Series series, String first, String second) {
    return switch (series.labels().size()) {
      case 0 -> Tags.empty();
      case 1 -> Tags.of(series.labels().get(0), first);
      default -> Tags.of(series.labels().get(0), first, series.labels().get(1), second);
    };
  }

  private static <T> T child(
      Map<Series, Children<T>> all, Series series, int labels, String first, String second) {
    requireLabels(series, labels);
    Children<T> children = all.get(series);
    if (children == null) {
      throw new IllegalArgumentException(series + " is a " + series.kind());
    }
    return children.get(first, second);
  }

  private static void requireLabels(Series series, int labels) {
    if (series.labels().size() != labels) {
      throw new IllegalArgumentException(series + " has the labels " + series.labels());
    }
  }
}
