package dev.hongyan.deploy;

import dev.hongyan.deploy.node.Versions;
import dev.hongyan.observability.logging.Logs;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code hongyan} command.
 *
 * <p>Exit status: 0 done, 1 it failed, 2 the command line or the configuration is wrong. What a
 * person can put right is said in a line on standard error, never as a stack trace.
 */
@Command(
    name = "hongyan",
    description = "The messaging platform between WeChat and the services of many tenants.",
    mixinStandardHelpOptions = true,
    versionProvider = Hongyan.Version.class,
    subcommands = {
      ServeCommand.class,
      DemoCommand.class,
      SimulateCommand.class,
      DeadLettersCommand.class,
      AuditCommand.class,
      KeysCommand.class,
      TenantsCommand.class,
      SelfcheckCommand.class,
      VersionCommand.class
    })
public final class Hongyan implements Runnable {
  static final int FAILED = 1;
  static final int WRONG = 2;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  Hongyan() {}

  /** Runs one command and ends the process with its status. */
  public static void main(String[] args) {
    int status = command().execute(args);
    Logs.stop();
    System.exit(status);
  }

  static CommandLine command() {
    return new CommandLine(new Hongyan())
        .setParameterExceptionHandler(Hongyan::wrongArguments)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println("hongyan: " + failure);
              return FAILED;
            });
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getErr());
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static int wrongArguments(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    command.getErr().println("hongyan: " + failure.getMessage());
    command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return WRONG;
  }

  /** The version that Maven wrote into the build. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "hongyan " + Versions.own(),
        "java " + Runtime.version(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch")
      };
    }
  }
}
