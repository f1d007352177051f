package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.demo.DemoRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description = {
      "Run a node with two sample tenants, a simulated WeChat that pushes to them, and a subscriber for each.",
      "Kill the node while it runs: it is started again, and nothing is missing. Ctrl-C ends everything."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {
  @Option(names = "--rate", defaultValue = "2", description = "Pushes a second to each tenant.")
  private double rate;

  @Option(
      names = "--count",
      defaultValue = "1000000",
      description = "Pushes to each tenant; then the demo ends.")
  private long count;

  @Option(
      names = "--dir",
      defaultValue = ".hongyan/demo",
      description = "Where the demo keeps its data.")
  private Path dir;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DemoCommand() {}

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path data = dir.toAbsolutePath().normalize();
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("HONGYAN_STORE_DIR", data.resolve("store").toString());
    environment.put("HONGYAN_TENANTS_DIR", data.resolve("tenants").toString());
    environment.putIfAbsent("HONGYAN_HTTP_HOST", "127.0.0.1");
    Config config;
    try {
      config = Config.read(null, environment);
    } catch (ConfigException e) {
      return Complaint.about(spec, e);
    }
    if (!(rate > 0) || count < 1) {
      spec.commandLine().getErr().println("hongyan: --rate and --count are above zero");
      return Hongyan.WRONG;
    }
    environment.keySet().removeIf(k -> !k.startsWith("HONGYAN_"));
    return new DemoRun(
            data, config.http().port(), environment, rate, count, System.out, Terminal.colours())
        .run();
  }
}
