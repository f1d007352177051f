package dev.hongyan.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ReportTest {
  @TempDir private Path folder;

  @Test
  void aTableHasAColumnForEachRunAndSaysWhatWentWrong() throws Exception {
    Report report = new Report(new JsonObject().put("processor", "P"), folder);
    report.add(new Result("fanout", "a", Map.of(), Map.of("missing", 0.0), Map.of()));
    report.add(
        new Result("fanout", "b", Map.of("msg/s", 50), Map.of("missing", 7.5), Map.of("x", 2L)));

    assertThat(report.markdown())
        .contains("| figure | a | b, msg/s 50 |", "| missing | 0 | 7.50 |", "b: {x=2}");
  }

  @Test
  void eachScenarioHasAFileWithAllItsRunsAndTheMachine() throws Exception {
    Report report = new Report(new JsonObject().put("processor", "P"), folder);
    report.add(new Result("idle", "a", Map.of(), Map.of("RSS", 1.0), Map.of()));
    report.add(new Result("idle", "b", Map.of(), Map.of("RSS", 2.0), Map.of()));
    report.add(new Result("push", "a", Map.of(), Map.of("RSS", 3.0), Map.of()));

    JsonObject idle = new JsonObject(Files.readString(folder.resolve("idle.json")));

    assertThat(idle.getJsonArray("results")).hasSize(2);
    assertThat(idle.getJsonObject("machine").getString("processor")).isEqualTo("P");
  }

  @Test
  void severalRunsOfTheSameAreOneColumnWithTheirSpan() throws Exception {
    Report report = new Report(new JsonObject(), folder);
    for (double value : new double[] {3, 1, 2}) {
      report.add(new Result("push", "a", Map.of("rate", 1), Map.of("p99 ms", value), Map.of()));
    }

    assertThat(report.markdown()).contains("| figure | a, rate 1 |", "| p99 ms | 2 (1 – 3) |");
    JsonObject file = new JsonObject(Files.readString(folder.resolve("push.json")));
    assertThat(file.getJsonArray("results")).hasSize(3);
  }

  @Test
  void aTableOfManyThingsHasThemInRows() throws Exception {
    Report report = new Report(new JsonObject(), folder);
    for (int i = 0; i < 9; i++) {
      report.add(new Result("jmh", "step" + i, Map.of(), Map.of("ns", (double) i), Map.of()));
    }

    assertThat(report.markdown()).contains("| what | ns |", "| step8 | 8 |");
  }

  @Test
  void aPictureIsWellFormedAndHasABarForEachFigureThatIsNotNothing() throws Exception {
    Report report = new Report(new JsonObject().put("revision", "<r>"), folder);
    report.add(new Result("a&b", "hongyan", Map.of(), Map.of("ms", 1.5, "missing", 0.0), Map.of()));
    report.add(new Result("a&b", "peer", Map.of(), Map.of("ms", 3.0, "missing", 0.0), Map.of()));

    NodeList bars =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("a&b.svg").toFile())
            .getElementsByTagName("rect");
    assertThat(bars.getLength()).isEqualTo(3); // the ground and two bars
    assertThat(((Element) bars.item(1)).getAttribute("width")).isEqualTo("240.0");
    assertThat(((Element) bars.item(2)).getAttribute("width")).isEqualTo("480.0");
  }
}
