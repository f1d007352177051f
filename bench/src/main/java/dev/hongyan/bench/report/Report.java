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
import org.jspecify.annotations.Nullable;

/**
 * Results as people and as programs read them: of each scenario a JSON file with every run, a
 * Markdown table and a picture. Runs of the same thing are one column, as their median and, where
 * there were several, the smallest and the largest.
 */
public final class Report {
  /** Tables with more columns are turned, so that they can be read. */
  private static final int COLUMNS_MAX = 8;

  private final JsonObject machine;
  private final Path folder;
  private final List<Result> results = new ArrayList<>();

  /**
   * @param folder gets the files of each scenario
   */
  public Report(JsonObject machine, Path folder) {
    this.machine = machine;
    this.folder = folder;
  }

  /**
   * Adds a result and writes the files of its scenario anew, so that a broken run keeps the rest.
   */
  public void add(Result result) throws IOException {
    results.add(result);
    String scenario = result.scenario();
    JsonArray all = new JsonArray();
    for (Result r : results) {
      if (r.scenario().equals(scenario)) {
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
        folder.resolve(scenario + ".json"),
        new JsonObject()
            .put("scenario", scenario)
            .put("machine", machine)
            .put("results", all)
            .encodePrettily());
    List<Column> columns = Column.of(results).getOrDefault(scenario, List.of());
    StringBuilder table = new StringBuilder();
    table(table, scenario, columns);
    Files.writeString(folder.resolve(scenario + ".md"), table + "\n" + machine.encode() + "\n");
    Files.writeString(folder.resolve(scenario + ".svg"), Picture.of(scenario, columns, subtitle()));
  }

  /** One table for each scenario: a figure a row, a run a column. */
  public String markdown() {
    StringBuilder out = new StringBuilder();
    Column.of(results).forEach((scenario, columns) -> table(out, scenario, columns));
    out.append("\n").append(machine.encode()).append('\n');
    return out.toString();
  }

  private String subtitle() {
    return String.join(
        " · ",
        List.of(
            machine.getString("processor", ""),
            "Java " + machine.getString("serverJava", ""),
            "revision " + machine.getString("revision", ""),
            machine.getString("takenAt", ""),
            machine.getString("placement", "")));
  }

  private static void table(StringBuilder out, String scenario, List<Column> columns) {
    Set<String> figures = new LinkedHashSet<>();
    columns.forEach(c -> figures.addAll(c.figures()));
    out.append("\n### ").append(scenario).append("\n\n");
    if (columns.size() <= COLUMNS_MAX) {
      head(out, "figure", columns.stream().map(Column::title).toList());
      for (String figure : figures) {
        row(out, figure, columns.stream().map(c -> text(c.spread(figure))).toList());
      }
    } else {
      head(out, "what", List.copyOf(figures));
      for (Column c : columns) {
        row(out, c.title(), figures.stream().map(f -> text(c.spread(f))).toList());
      }
    }
    for (Column c : columns) {
      for (Map<String, Long> errors : c.errors()) {
        out.append("\n").append(c.server()).append(": ").append(errors).append('\n');
      }
    }
  }

  private static void head(StringBuilder out, String first, List<String> others) {
    row(out, first, others);
    out.append("|---|").append("---:|".repeat(others.size())).append('\n');
  }

  private static void row(StringBuilder out, String first, List<String> others) {
    out.append("| ").append(first).append(" |");
    others.forEach(text -> out.append(' ').append(text).append(" |"));
    out.append('\n');
  }

  /** The median, and the span of several runs. */
  static String text(Column.@Nullable Spread spread) {
    if (spread == null) {
      return "–";
    }
    return spread.runs() == 1 || spread.min() == spread.max()
        ? text(spread.median())
        : text(spread.median()) + " (" + text(spread.min()) + " – " + text(spread.max()) + ")";
  }

  private static String text(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return String.format(Locale.ROOT, "%,d", (long) value);
    }
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.2f", value);
  }
}
