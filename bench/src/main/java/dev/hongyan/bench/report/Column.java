package dev.hongyan.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All runs of the same thing: one server with the same parameters. */
final class Column {
  private final Result first;
  private final List<Result> runs = new ArrayList<>();

  private Column(Result first) {
    this.first = first;
  }

  /** The runs of each scenario, those of the same thing together, in the order they came. */
  static Map<String, List<Column>> of(List<Result> results) {
    Map<String, Map<List<Object>, Column>> byScenario = new LinkedHashMap<>();
    for (Result r : results) {
      byScenario
          .computeIfAbsent(r.scenario(), s -> new LinkedHashMap<>())
          .computeIfAbsent(List.of(r.server(), r.parameters()), k -> new Column(r))
          .runs
          .add(r);
    }
    Map<String, List<Column>> columns = new LinkedHashMap<>();
    byScenario.forEach((scenario, found) -> columns.put(scenario, List.copyOf(found.values())));
    return columns;
  }

  String server() {
    return first.server();
  }

  /** Server and parameters, as they stand over a column. */
  String title() {
    StringBuilder out = new StringBuilder(first.server());
    first.parameters().forEach((k, v) -> out.append(", ").append(k).append(' ').append(v));
    return out.toString();
  }

  Set<String> figures() {
    Set<String> names = new LinkedHashSet<>();
    runs.forEach(r -> names.addAll(r.figures().keySet()));
    return names;
  }

  /** What the runs showed, from the smallest to the largest; null when none has this figure. */
  @Nullable Spread spread(String figure) {
    List<Double> values = new ArrayList<>();
    for (Result r : runs) {
      Double value = r.figures().get(figure);
      if (value != null) {
        values.add(value);
      }
    }
    if (values.isEmpty()) {
      return null;
    }
    Collections.sort(values);
    int middle = values.size() / 2;
    double median =
        values.size() % 2 == 1
            ? values.get(middle)
            : (values.get(middle - 1) + values.get(middle)) / 2;
    return new Spread(values.get(0), median, values.get(values.size() - 1), values.size());
  }

  List<Map<String, Long>> errors() {
    return runs.stream().map(Result::errors).filter(e -> !e.isEmpty()).toList();
  }

  /**
   * One figure over several runs.
   *
   * @param runs how many there were
   */
  record Spread(double min, double median, double max, int runs) {}
}
