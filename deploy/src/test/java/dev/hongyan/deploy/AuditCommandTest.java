package dev.hongyan.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AuditCommandTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int verify(List<String> lines) throws IOException {
    Path file = Files.write(dir.resolve("audit.ndjson"), lines);
    CommandLine command =
        Commands.line().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute("audit", "verify", file.toString());
  }

  /** Made as the guide describes it, not by the code that is tested. */
  private static List<String> export() {
    List<String> lines = new ArrayList<>();
    String hash = sha256("hongyan-audit/acme");
    lines.add("{\"audit\":\"acme\",\"anchor\":{\"seq\":0,\"hash\":\"" + hash + "\"}}");
    for (int i = 1; i <= 3; i++) {
      String text = "{\"seq\":" + i + ",\"actor\":\"operator\",\"action\":\"x\"}";
      hash = sha256(hash + text);
      lines.add("{\"hash\":\"" + hash + "\",\"entry\":" + text + "}");
    }
    lines.add("{\"entries\":3,\"head\":{\"seq\":3,\"hash\":\"" + hash + "\"}}");
    return lines;
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aWholeExportIsSaidToBeWhole() throws Exception {
    assertThat(verify(export())).isZero();
    assertThat(out.toString()).contains("whole: 3 entries");
  }

  @Test
  void aChangedEntryIsNamedWithItsLine() throws Exception {
    List<String> lines = export();
    lines.set(2, lines.get(2).replace("operator", "somebody"));
    assertThat(verify(lines)).isEqualTo(1);
    assertThat(err.toString()).contains("line 3: entry 2 is changed");
  }

  @Test
  void aFileThatIsNotThereIsToldSo() {
    CommandLine command = Commands.line().setErr(new PrintWriter(err, true));
    assertThat(command.execute("audit", "verify", dir.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("cannot be read");
  }
}
