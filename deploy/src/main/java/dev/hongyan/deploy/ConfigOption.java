package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the configuration comes from; shared by all commands that need one. */
final class ConfigOption {
  private static final Path HERE = Path.of("hongyan.yaml");

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description =
          "Configuration file; by default HONGYAN_CONFIG, or hongyan.yaml in this folder if it is"
              + " there.")
  private @Nullable Path file;

  /** What was named on the command line. */
  @Nullable Path file() {
    return file;
  }

  Config read() throws ConfigException {
    return read(file);
  }

  /** The configuration in {@code named}, or where it is looked for when that is null. */
  static Config read(@Nullable Path named) throws ConfigException {
    Map<String, String> environment = System.getenv();
    Path chosen = named;
    String variable = environment.get("HONGYAN_CONFIG");
    if (chosen == null && variable != null && !variable.isEmpty()) {
      chosen = Path.of(variable);
    }
    if (chosen == null && Files.exists(HERE)) {
      chosen = HERE;
    }
    return Config.read(chosen, environment);
  }
}
