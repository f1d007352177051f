package dev.hongyan.bench.report;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Results as people and as programs read them. */
public final class Report {
  private final JsonObject machine;
  private final Path folder;
  private final List<Result> results = new ArrayList<>();

  /**
   * @param folder gets one JSON file for each scenario
   */
  public Report(JsonObject machine, Path folder) {
    this.machine = machine;
    this.folder = folder;
  }

  /**
   * Adds a result and writes the file of its scenario anew, so that a broken run keeps the rest.
   */
  public void add(Result result) throws IOException {
    results.add(result);
    JsonArray all = new JsonArray();
    for (Result r : results) {
      if (r.scenario().equals(result.scenario())) {
        all.add(
            new JsonObject()
                .put("server", r.server())
                .put("parameters", new JsonObject(r.parameters()))
                .put("figures", new JsonObject(new LinkedHashMap<>(r.figures())))
                .put("errors", new JsonObject(new LinkedHashMap<>(r.errors()))));
      }
    }
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve(result.scenario() + ".json"),
        new JsonObject()
            .put("scenario", result.scenario())
            .put("machine", machine)
            .put("results", all)
            .encodePrettily());
  }

  /** One table for each scenario: a figure a row, a run a column. */
  public String markdown() {
    StringBuilder out = new StringBuilder();
    Map<String, List<Result>> byScenario = new LinkedHashMap<>();
    for (Result r : results) {
      byScenario.computeIfAbsent(r.scenario(), s -> new ArrayList<>()).add(r);
    }
    byScenario.forEach((scenario, runs) -> table(out, scenario, runs));
    out.append("\n").append(machine.encode()).append('\n');
    return out.toString();
  }

  private static void table(StringBuilder out, String scenario, List<Result> runs) {
    out.append("\n### ").append(scenario).append("\n\n| figure |");
    Set<String> figures = new LinkedHashSet<>();
    for (Result r : runs) {
      out.append(' ').append(r.server());
      r.parameters().forEach((k, v) -> out.append(", ").append(k).append(' ').append(v));
      out.append(" |");
      figures.addAll(r.figures().keySet());
    }
    out.append("\n|---|").append("---:|".repeat(runs.size())).append('\n');
    for (String figure : figures) {
      out.append("| ").append(figure).append(" |");
      for (Result r : runs) {
        Double value = r.figures().get(figure);
        out.append(' ').append(value == null ? "–" : text(value)).append(" |");
      }
      out.append('\n');
    }
    for (Result r : runs) {
      if (!r.errors().isEmpty()) {
        out.append("\n").append(r.server()).append(": ").append(r.errors()).append('\n');
      }
    }
  }

  private static String text(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return String.format(Locale.ROOT, "%,d", (long) value);
    }
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.2f", value);
  }
}
