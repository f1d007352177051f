package dev.hongyan.bench.scenario;

import dev.hongyan.bench.process.Proc;
import dev.hongyan.bench.process.Server;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Processor time of all who take part, from one moment to another. */
final class Costs {
  private static final double MILLION = 1e6;
  private static final Proc SELF = new Proc(ProcessHandle.current().pid());

  private final Server server;
  private final Proc.Cpu serverBefore;
  private final double storeBefore;
  private final double selfBefore;
  private final long nanosBefore = System.nanoTime();

  private Costs(Server server) {
    this.server = server;
    serverBefore = server.process().cpu();
    storeBefore = storeSeconds(server);
    selfBefore = SELF.cpuSeconds();
  }

  static Costs from(Server server) {
    return new Costs(server);
  }

  /** Puts the costs of {@code operations} up to now among the figures. */
  void into(Map<String, Double> figures, String operation, long operations) {
    double seconds = (System.nanoTime() - nanosBefore) / 1e9;
    Proc.Cpu now = server.process().cpu();
    double kernel = now.kernel() - serverBefore.kernel();
    double serverUsed = now.user() - serverBefore.user() + kernel;
    double storeUsed = storeSeconds(server) - storeBefore;
    double self = SELF.cpuSeconds() - selfBefore;
    figures.put("server CPU µs per " + operation, serverUsed * MILLION / Math.max(1, operations));
    figures.put("of it in the kernel µs", kernel * MILLION / Math.max(1, operations));
    figures.put(operation + " per s", operations / seconds);
    figures.put("server CPU %", 100 * serverUsed / seconds);
    figures.put("store CPU %", 100 * storeUsed / seconds);
    figures.put("generator CPU %", 100 * self / seconds);
  }

  /**
   * Of the last minute; the part of others in it belongs beside every figure of a shared machine.
   */
  static double loadAverage() {
    return java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static double storeSeconds(Server server) {
    Proc store = server.store();
    return store == null ? 0 : store.cpuSeconds();
  }

  /** Puts mean and quantiles among the figures, in milliseconds. */
  static void quantiles(Map<String, Double> figures, String what, Histogram nanos) {
    figures.put(what + " p50 ms", nanos.getValueAtPercentile(50) / MILLION);
    figures.put(what + " p99 ms", nanos.getValueAtPercentile(99) / MILLION);
    figures.put(what + " max ms", nanos.getMaxValue() / MILLION);
  }
}
