package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.node.Selfcheck;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "selfcheck",
    description = "Say whether a node could run here with this configuration, and what is missing.",
    mixinStandardHelpOptions = true)
final class SelfcheckCommand implements Callable<Integer> {
  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SelfcheckCommand() {}

  @Override
  public Integer call() {
    Config read;
    try {
      read = config.read();
    } catch (ConfigException e) {
      return Complaint.about(spec, e);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("ok    configuration");
    List<Selfcheck.Finding> findings = Selfcheck.of(read);
    findings.forEach(f -> out.println((f.ok() ? "ok    " : "FAIL  ") + f.what()));
    return findings.stream().allMatch(Selfcheck.Finding::ok) ? 0 : Hongyan.FAILED;
  }
}
