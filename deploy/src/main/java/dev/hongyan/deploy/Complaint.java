package dev.hongyan.deploy;

import dev.hongyan.deploy.config.ConfigException;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** How a wrong configuration is told. */
final class Complaint {
  private Complaint() {}

  /** Prints one line for each problem; gives the exit status. */
  static int about(CommandSpec spec, ConfigException wrong) {
    return about(spec.commandLine().getErr(), wrong);
  }

  /** The same. */
  static int about(PrintWriter err, ConfigException wrong) {
    wrong.problems().forEach(problem -> err.println("hongyan: " + problem));
    return Hongyan.WRONG;
  }
}
