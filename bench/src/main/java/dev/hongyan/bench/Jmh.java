package dev.hongyan.bench;

import dev.hongyan.bench.process.Jdk;
import dev.hongyan.bench.report.Report;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code bin/bench jmh [pattern]}: single steps, each alone in a JVM of its own. */
@Command(
    name = "jmh",
    description = "Measures single steps with JMH: time and allocation of one operation.",
    mixinStandardHelpOptions = true)
final class Jmh implements Callable<Integer> {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  @Parameters(
      arity = "0..1",
      paramLabel = "PATTERN",
      defaultValue = ".*",
      description = "A regular expression that the names of steps are searched for.")
  private String pattern = ".*";

  @Option(names = "--quick", description = "A short form, to see that it works.")
  private boolean quick;

  @Option(
      names = "--java-options",
      defaultValue = "",
      description = "More options for the JVMs that measure.")
  private String javaOptions = "";

  @ParentCommand private Bench bench = new Bench();

  @Override
  public Integer call() throws IOException, RunnerException {
    Report report =
        bench.report(
            Jdk.ours().version(), javaOptions, "each step in a JVM of its own, one processor");
    System.setProperty("jmh.ignoreLock", "true"); // whether the machine is quiet, its load says
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(pattern)
            .mode(Mode.AverageTime)
            .timeUnit(java.util.concurrent.TimeUnit.NANOSECONDS)
            .warmupIterations(quick ? 1 : 3)
            .warmupTime(TimeValue.milliseconds(quick ? 100 : 700))
            .measurementIterations(quick ? 1 : 5)
            .measurementTime(TimeValue.milliseconds(quick ? 100 : 500))
            .forks(quick ? 1 : 2)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .addProfiler(GCProfiler.class);
    if (!javaOptions.isBlank()) {
      options = options.jvmArgsAppend(javaOptions.strip().split("\\s+", -1));
    }
    System.err.println("bench: jmh " + pattern);
    Collection<RunResult> results = new Runner(options.build()).run();
    for (RunResult each : results) {
      report.add(result(each));
    }
    System.out.println(report.markdown());
    return results.isEmpty() ? 1 : 0;
  }

  private static Result result(RunResult run) {
    Statistics nanos = run.getPrimaryResult().getStatistics();
    List<String> name = List.of(run.getParams().getBenchmark().split("\\.", -1));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("median ns", nanos.getPercentile(50));
    figures.put("min ns", nanos.getMin());
    figures.put("max ns", nanos.getMax());
    var allocated = run.getSecondaryResults().get(ALLOCATED);
    if (allocated != null) {
      figures.put("allocated B", (double) Math.round(allocated.getScore() * 10) / 10);
    }
    return new Result("jmh", name.get(name.size() - 1), Map.of(), figures, Map.of());
  }
}
