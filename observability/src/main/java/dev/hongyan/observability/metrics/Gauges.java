package dev.hongyan.observability.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;

/** All gauges: shares are added up and cut to the largest when Prometheus asks, never before. */
final class Gauges implements MultiCollector {
  private final Map<Series, Gauge> gauges = new EnumMap<>(Series.class);

  private static final class Gauge {
    final Set<Level> levels = ConcurrentHashMap.newKeySet();
    final List<DoubleSupplier> suppliers = new CopyOnWriteArrayList<>();
  }

  Gauges() {
    for (Series series : Series.values()) {
      if (series.kind() == Series.Kind.GAUGE) {
        gauges.put(series, new Gauge());
      }
    }
  }

  Level level(Series series, String label) {
    Set<Level> levels = of(series).levels;
    Level level = new Level(label, levels::remove);
    levels.add(level);
    return level;
  }

  void supply(Series series, DoubleSupplier supplier) {
    of(series).suppliers.add(supplier);
  }

  @Override
  public MetricSnapshots collect() {
    List<GaugeSnapshot> snapshots = new ArrayList<>();
    gauges.forEach(
        (series, gauge) -> {
          if (!gauge.levels.isEmpty() || !gauge.suppliers.isEmpty()) {
            snapshots.add(snapshot(series, gauge));
          }
        });
    return MetricSnapshots.of(snapshots.toArray(GaugeSnapshot[]::new));
  }

  private static GaugeSnapshot snapshot(Series series, Gauge gauge) {
    Map<String, Double> sums = new HashMap<>();
    gauge.levels.forEach(level -> sums.merge(level.label(), (double) level.get(), Double::sum));
    gauge.suppliers.forEach(supplier -> sums.merge("", supplier.getAsDouble(), Double::sum));
    GaugeSnapshot.Builder snapshot =
        GaugeSnapshot.builder().name(series.prometheusName()).help(series.meaning());
    if (series.labels().isEmpty()) {
      snapshot.dataPoint(point(sums.getOrDefault("", 0.0), Labels.EMPTY));
      return snapshot.build();
    }
    String name = series.labels().get(0);
    List<Map.Entry<String, Double>> deepestFirst = new ArrayList<>(sums.entrySet());
    deepestFirst.sort(
        Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder())
            .thenComparing(Map.Entry.comparingByKey()));
    double rest = 0;
    for (int i = 0; i < deepestFirst.size(); i++) {
      Map.Entry<String, Double> entry = deepestFirst.get(i);
      if (i < Series.LABELS_MAX) {
        snapshot.dataPoint(point(entry.getValue(), Labels.of(name, entry.getKey())));
      } else {
        rest += entry.getValue();
      }
    }
    if (deepestFirst.size() > Series.LABELS_MAX) {
      snapshot.dataPoint(point(rest, Labels.of(name, Children.OTHER)));
    }
    return snapshot.build();
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot point(double value, Labels labels) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).labels(labels).build();
  }

  private Gauge of(Series series) {
    Gauge gauge = gauges.get(series);
    if (gauge == null) {
      throw new IllegalArgumentException(series + " is not a gauge");
    }
    return gauge;
  }
}
