package dev.hongyan.bench;

import dev.hongyan.bench.load.Generator;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.process.Jdk;
import dev.hongyan.bench.process.Setup;
import dev.hongyan.bench.report.Machine;
import dev.hongyan.bench.report.Report;
import dev.hongyan.bench.report.Result;
import dev.hongyan.bench.scenario.Churn;
import dev.hongyan.bench.scenario.Destinations;
import dev.hongyan.bench.scenario.Drops;
import dev.hongyan.bench.scenario.FanOut;
import dev.hongyan.bench.scenario.Flood;
import dev.hongyan.bench.scenario.Idle;
import dev.hongyan.bench.scenario.Jdks;
import dev.hongyan.bench.scenario.Proxy;
import dev.hongyan.bench.scenario.Push;
import dev.hongyan.bench.scenario.Queue;
import dev.hongyan.bench.scenario.Restart;
import dev.hongyan.bench.scenario.Scenario;
import dev.hongyan.bench.scenario.Stalled;
import dev.hongyan.bench.scenario.Start;
import dev.hongyan.bench.scenario.Storm;
import dev.hongyan.bench.scenario.Telemetry;
import dev.hongyan.bench.scenario.Tenants;
import dev.hongyan.bench.scenario.Timers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code bin/bench}. */
@Command(
    name = "bench",
    description = "Loads a node and shows what that costs. Without a name, all scenarios run.",
    subcommands = Jmh.class,
    mixinStandardHelpOptions = true)
final class Bench implements Callable<Integer> {
  private static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

  static {
    SCENARIOS.put("idle", new Idle());
    SCENARIOS.put("fanout", new FanOut());
    SCENARIOS.put("queue", new Queue());
    SCENARIOS.put("storm", new Storm());
    SCENARIOS.put("stalled", new Stalled());
    SCENARIOS.put("drops", new Drops());
    SCENARIOS.put("push", new Push());
    SCENARIOS.put("proxy", new Proxy());
    SCENARIOS.put("destinations", new Destinations());
    SCENARIOS.put("flood", new Flood());
    SCENARIOS.put("timers", new Timers());
    SCENARIOS.put("tenants", new Tenants());
    SCENARIOS.put("churn", new Churn());
    SCENARIOS.put("telemetry", new Telemetry());
    SCENARIOS.put("start", new Start());
    SCENARIOS.put("restart", new Restart());
    SCENARIOS.put("jdk", new Jdks());
  }

  @Parameters(
      paramLabel = "SCENARIO",
      description = "What to run: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> names = List.of();

  @Option(names = "--quick", description = "A short form, to see that it works.")
  private boolean quick;

  @Option(
      names = "--sessions",
      description = "Sessions of the idle and storm scenarios (default 10000 and 9000).")
  private int sessions;

  @Option(
      names = "--jdk",
      paramLabel = "PATH",
      description = "What the server runs under; the generator stays with its own.")
  private @Nullable Path jdk;

  @Option(
      names = "--log-gb",
      paramLabel = "GB",
      description =
          "Size of the log in the restart scenario (default 10, or 40 %% of the memory that is"
              + " available, if that is less).")
  private double logGigabytes;

  @Option(names = "--no-peers", description = "Leave out bare Vert.x, too.")
  private boolean noPeers;

  @Option(
      names = "--peers",
      description =
          "Compare with nginx + nchan, NATS, mosquitto, Socket.IO, Spring Boot + WxJava and BullMQ:"
              + " bin/bench installs them below bench/target.")
  private boolean others;

  @Option(
      names = "--runs",
      defaultValue = "1",
      description = "How often each scenario runs; tables then have median (min – max).")
  private int runs = 1;

  @Option(
      names = "--ack-each",
      description = "Receivers acknowledge each frame, not as the SDKs do (at most every 200 ms).")
  private boolean ackEach;

  @Option(
      names = "--java-options",
      defaultValue = "",
      description = "More options for the JVM of the server.")
  private String javaOptions = "";

  @Option(names = "--root", hidden = true, required = true)
  private Path root = Path.of(".");

  @Option(names = "--server-processors", defaultValue = "0", hidden = true)
  private String serverProcessors = "0";

  @Option(names = "--load-processors", defaultValue = "1", hidden = true)
  private String loadProcessors = "1";

  /** For the help. */
  static final class Names implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return SCENARIOS.keySet().iterator();
    }
  }

  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  /** Round by round, so that what wanders on the machine meets all scenarios alike. */
  private List<String> inOrder() {
    Collection<String> once = names.isEmpty() ? SCENARIOS.keySet() : names;
    List<String> all = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      all.addAll(once);
    }
    return all;
  }

  /** A report that goes to the place for results. */
  Report report(String serverJava, String options, String placement) {
    return new Report(
        Machine.describe(root, serverJava, options, placement),
        root.resolve("bench/target/results"));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    for (String name : names) {
      if (!SCENARIOS.containsKey(name)) {
        System.err.println("bench: no scenario " + name + "; there are " + SCENARIOS.keySet());
        return CommandLine.ExitCode.USAGE;
      }
    }
    Jdk serverJdk = jdk == null ? Jdk.ours() : Jdk.in(jdk.toAbsolutePath().normalize());
    if (serverJdk == null) {
      System.err.println("bench: no Java that is new enough in " + jdk);
      return CommandLine.ExitCode.USAGE;
    }
    Path target = root.resolve("bench/target");
    Path work = Files.createDirectories(target.resolve("work"));
    Setup setup = new Setup(root, work, serverProcessors, loadProcessors, serverJdk, javaOptions);
    String where =
        "server on processor "
            + serverProcessors
            + ", its Redis and the generator on "
            + loadProcessors;
    Report report = report(serverJdk.version(), javaOptions, where);
    Scenario.Listener listener =
        new Scenario.Listener() {
          @Override
          public void progress(String what) {
            System.err.println("bench: " + what);
          }

          @Override
          public void result(Result result) throws IOException {
            report.add(result);
            System.err.println("bench: " + result);
          }
        };
    int failed = 0;
    for (String name : inOrder()) {
      Scenario scenario = SCENARIOS.get(name);
      if (scenario == null) {
        continue;
      }
      System.err.println("bench: " + name);
      try (Generator generator = new Generator()) {
        scenario.run(
            new Scenario.Stage(
                setup,
                generator,
                quick,
                sessions,
                !noPeers,
                others,
                ackEach ? Receiver.Acks.EACH_FRAME : Receiver.Acks.AS_THE_SDKS,
                logGigabytes,
                listener));
      } catch (IllegalStateException e) {
        failed++;
        System.err.println("bench: " + name + " failed: " + e.getMessage());
      }
    }
    System.out.println(report.markdown());
    return failed == 0 ? 0 : 1;
  }
}
