package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.observability.logging.Logs;
import java.io.IOException;
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
    if (child) {
      endWithParent();
    }
    return rehearsal ? running.once(Node.start(read)) : running.untilSignal(Node.start(read, demo));
  }

  private static void endWithParent() {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // only the end matters
                }
              } catch (IOException gone) {
                // as good as its end
              }
              System.exit(0);
            },
            "hongyan-parent");
    watch.setDaemon(true);
    watch.start();
  }
}
