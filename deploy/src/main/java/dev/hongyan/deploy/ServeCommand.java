package dev.hongyan.deploy;

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

  @Option(
      names = "--demo",
      hidden = true,
      description = "Let the page on / have tokens of every tenant.")
  private boolean demo;

  @Option(
      names = "--child",
      hidden = true,
      description = "End when standard input ends: with the parent process.")
  private boolean child;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ServeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    return new Serving(config.file(), rehearsal, demo, child).run(spec.commandLine().getErr());
  }
}
