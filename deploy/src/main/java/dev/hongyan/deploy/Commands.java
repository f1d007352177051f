package dev.hongyan.deploy;

import dev.hongyan.deploy.node.Versions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** All commands, for the parser of command lines. */
@Command(
    name = "hongyan",
    description = "The messaging platform between WeChat and the services of many tenants.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
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
final class Commands implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  Commands() {}

  static CommandLine line() {
    return new CommandLine(new Commands())
        .setParameterExceptionHandler(Commands::wrongArguments)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println("hongyan: " + failure);
              return Hongyan.FAILED;
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
    return Hongyan.WRONG;
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
