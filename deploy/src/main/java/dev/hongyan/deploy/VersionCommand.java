package dev.hongyan.deploy;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "version",
    description = "Print the version, Java and platform.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  VersionCommand() {}

  @Override
  public Integer call() throws IOException {
    for (String line : new Commands.Version().getVersion()) {
      spec.commandLine().getOut().println(line);
    }
    return 0;
  }
}
