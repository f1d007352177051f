package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.observability.logging.Logs;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} does, without the parser of command lines: that one is old bytecode, which the
 * class archive does not take, so loading and checking it is a tenth of a node's start.
 *
 * @param config the file named on the command line
 * @param rehearsal whether to stop once everything has started
 * @param demo whether the page may have tokens of every tenant
 * @param child whether to end when standard input does
 */
record Serving(@Nullable Path config, boolean rehearsal, boolean demo, boolean child) {

  /** A command line that is plainly one of {@code serve}; null when the parser is to look at it. */
  static @Nullable Serving of(String[] args) {
    if (args.length == 0 || !args[0].equals("serve")) {
      return null;
    }
    Path config = null;
    boolean rehearsal = false;
    boolean demo = false;
    boolean child = false;
    for (int i = 1; i < args.length; i++) {
      switch (args[i]) {
        case "--rehearsal" -> rehearsal = true;
        case "--demo" -> demo = true;
        case "--child" -> child = true;
        case "-c", "--config" -> {
          i++;
          if (config != null || i == args.length || args[i].startsWith("-")) {
            return null;
          }
          config = Path.of(args[i]);
        }
        default -> {
          return null;
        }
      }
    }
    return new Serving(config, rehearsal, demo, child);
  }

  /** Runs until a signal, or the end of a rehearsal; gives the exit status. */
  int run(PrintWriter err) throws InterruptedException {
    Config read;
    try {
      read = ConfigOption.read(config);
    } catch (ConfigException e) {
      return Complaint.about(err, e);
    }
    Logs.configure(
        new LogOptions(
            read.log().level(), read.log().format(), Terminal.colours(), read.log().payloads()));
    Running running = new Running(err);
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
