package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.observability.logging.Logs;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    description = "Run a node until it is told to stop (SIGTERM or Ctrl-C).",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Mixin private ConfigOption config;

  @Option(names = "--rehearsal", description = "Start everything, then stop at once.")
  private boolean rehearsal;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ServeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    Config read;
    try {
      read = config.read();
    } catch (ConfigException e) {
      return Complaint.about(spec, e);
    }
    Logs.configure(
        new LogOptions(
            read.log().level(), read.log().format(), Terminal.colours(), read.log().payloads()));
    Running running = new Running(spec);
    return rehearsal ? running.once(Node.start(read)) : running.untilSignal(Node.start(read));
  }
}
