package dev.hongyan.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdkTest {
  @TempDir Path folder;

  @Test
  void aJavaIsKnownByItsReleaseFile() throws IOException {
    Path home = java("new", "25.0.1");

    Jdk jdk = Jdk.in(home);

    assertThat(jdk).isEqualTo(new Jdk(home, "25.0.1"));
    assertThat(jdk.feature()).isEqualTo(25);
  }

  @Test
  void whatIsTooOldOrNoJavaIsNotTaken() throws IOException {
    assertThat(Jdk.in(java("old", "1.8.0_400"))).isNull();
    assertThat(Jdk.in(java("elder", "11.0.2"))).isNull();
    assertThat(Jdk.in(folder.resolve("nothing"))).isNull();
  }

  @Test
  void thereIsOneOfEachFeatureVersionAndTheGivenOneComesFirst() throws IOException {
    Jdk given = new Jdk(java("given", "17.0.1"), "17.0.1");

    List<Jdk> all = Jdk.each(List.of(given));

    assertThat(all).contains(given);
    assertThat(all.stream().map(Jdk::feature)).doesNotHaveDuplicates().isSorted();
  }

  private Path java(String name, String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Path program = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(program, "");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"x\"\nJAVA_RUNTIME_VERSION=\"y\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }
}
