package dev.hongyan.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
