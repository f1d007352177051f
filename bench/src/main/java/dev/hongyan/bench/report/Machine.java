package dev.hongyan.bench.report;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Where and with what figures were taken. */
public final class Machine {
  private Machine() {}

  /** Processor, memory, kernel, Java, git revision, JVM options of the server. */
  public static JsonObject describe(
      Path root, String serverJava, String javaOptions, String where) {
    return new JsonObject()
        .put("takenAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
        .put("processor", field("/proc/cpuinfo", "model name"))
        .put("processors", processors())
        .put("memory", field("/proc/meminfo", "MemTotal"))
        .put("kernel", System.getProperty("os.version"))
        .put("java", System.getProperty("java.vm.version"))
        .put("revision", revision(root))
        .put("serverJava", serverJava)
        .put("serverJavaOptions", javaOptions)
        .put("placement", where);
  }

  /** What programs that start now may use, in bytes, as the kernel sees it. */
  public static long availableMemoryBytes() {
    return Long.parseLong(field("/proc/meminfo", "MemAvailable").replaceAll("\\D", "")) * 1024;
  }

  /** All of the machine, whichever of them we may use. */
  private static long processors() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"))
          .lines()
          .filter(l -> l.startsWith("processor"))
          .count();
    } catch (IOException e) {
      return 0;
    }
  }

  private static String revision(Path root) {
    String commit = out(root, "git", "rev-parse", "--short=12", "HEAD");
    return out(root, "git", "status", "--porcelain", "--untracked-files=no").isEmpty()
        ? commit
        : commit + " with changes";
  }

  private static String field(String file, String name) {
    try {
      return Files.readString(Path.of(file))
          .lines()
          .filter(l -> l.startsWith(name))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("?");
    } catch (IOException e) {
      return "?";
    }
  }

  private static String out(Path folder, String... command) {
    try {
      Process process = new ProcessBuilder(command).directory(folder.toFile()).start();
      String text =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int unused = process.waitFor();
      return text;
    } catch (IOException e) {
      return "?";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "?";
    }
  }
}
