package dev.hongyan.observability.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of metrics in the guide for operators. */
class SeriesGuideTest {
  private static final Path PAGE = Path.of("../docs/guide/operations.md");

  @Test
  void theGuideNamesEverySeriesWithItsLabelsAndMeaningAndNoOther() throws IOException {
    String page = Files.readString(PAGE);
    String section = page.substring(page.indexOf("\n## Metrics"), page.indexOf("\n## Logs"));
    List<String> rows = section.lines().filter(l -> l.startsWith("| `")).toList();
    List<String> expected =
        Arrays.stream(Series.values())
            .map(s -> "| `%s` | %s | %s |".formatted(s.prometheusName(), labels(s), s.meaning()))
            .toList();
    assertThat(rows).containsExactlyElementsOf(expected);
  }

  private static String labels(Series series) {
    return series.labels().isEmpty()
        ? "–"
        : series.labels().stream().map(l -> "`" + l + "`").collect(Collectors.joining(", "));
  }
}
