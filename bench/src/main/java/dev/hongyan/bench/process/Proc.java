package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says about a process. Linux only. */
public final class Proc {
  private static final double TICKS_PER_SECOND = Double.parseDouble(first("getconf", "CLK_TCK"));

  private final long pid;

  public Proc(long pid) {
    this.pid = pid;
  }

  public long pid() {
    return pid;
  }

  /** Processor time in user and kernel so far, of all threads, in seconds; to 10 ms. */
  public double cpuSeconds() {
    Cpu cpu = cpu();
    return cpu.user + cpu.kernel;
  }

  /** Processor time so far, of all threads, in seconds; to 10 ms. */
  public record Cpu(double user, double kernel) {}

  public Cpu cpu() {
    String stat = read("stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new Cpu(
        Long.parseLong(fields[11]) / TICKS_PER_SECOND,
        Long.parseLong(fields[12]) / TICKS_PER_SECOND);
  }

  /** Memory that is in RAM, in bytes. */
  public long rssBytes() {
    return read("status")
        .lines()
        .filter(l -> l.startsWith("VmRSS:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElse(0);
  }

  /** Threads that are alive. */
  public long threads() {
    return read("status")
        .lines()
        .filter(l -> l.startsWith("Threads:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  /** Which processors it may use, as a list such as {@code 0}. */
  public String processors() {
    return read("status")
        .lines()
        .filter(l -> l.startsWith("Cpus_allowed_list:"))
        .map(l -> l.substring(l.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("?");
  }

  private String read(String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file));
    } catch (IOException e) {
      throw new UncheckedIOException("process " + pid + " is gone", e);
    }
  }

  /** The first line that a short command prints. */
  static String first(String... command) {
    return all(List.of(command)).lines().findFirst().orElse("");
  }

  /** All that a short command prints. */
  static String all(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int unused = process.waitFor();
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
