package dev.hongyan.deploy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Run with {@code -Dhongyan.writeGuide=true} to write the page anew. */
class GuideTest {
  private static final Path PAGE = Path.of("../docs/guide/configuration.md");

  @Test
  void theGuideNamesEveryKeyAsTheCodeKnowsIt() throws IOException {
    if (Boolean.getBoolean("hongyan.writeGuide")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, Guide.markdown());
    }

    assertThat(Files.readString(PAGE)).isEqualTo(Guide.markdown());
  }
}
