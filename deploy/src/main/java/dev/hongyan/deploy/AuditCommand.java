package dev.hongyan.deploy;

import dev.hongyan.tenant.audit.AuditFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at exported audit logs, without a node. */
@Command(
    name = "audit",
    description = "Check an audit log that was exported.",
    mixinStandardHelpOptions = true,
    subcommands = AuditCommand.Verify.class)
final class AuditCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  AuditCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "verify is missing");
  }

  @Command(
      name = "verify",
      description = "Says whether the chain is whole, or where it is broken.",
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {
    @Parameters(paramLabel = "<file>", description = "What …/audit/export gave.")
    private Path file;

    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Verify() {}

    @Override
    public Integer call() {
      AuditFile audit = new AuditFile();
      try (BufferedReader lines = Files.newBufferedReader(file)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          audit.line(line);
        }
      } catch (IOException e) {
        spec.commandLine().getErr().println("hongyan: " + file + " cannot be read");
        return Hongyan.FAILED;
      }
      String problem = audit.problem();
      if (problem != null) {
        spec.commandLine().getErr().println("hongyan: " + file + ": " + problem);
        return Hongyan.FAILED;
      }
      spec.commandLine().getOut().println("whole: " + audit.entries() + " entries");
      return 0;
    }
  }
}
