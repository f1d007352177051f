package dev.hongyan.bench.process;

import java.nio.file.Path;
import java.util.List;

/** What a running JVM says about its heap. Each question costs it a full collection. */
public final class Jvm {
  private static final String JCMD =
      Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();

  private final long pid;

  public Jvm(long pid) {
    this.pid = pid;
  }

  /** Bytes of live objects, after a full collection; the smallest of three looks. */
  public long liveBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      String histogram = ask("GC.class_histogram");
      String total =
          histogram.lines().filter(l -> l.startsWith("Total")).findFirst().orElse("Total 0 0");
      least = Math.min(least, Long.parseLong(total.trim().split("\\s+", -1)[2]));
    }
    return least;
  }

  /** The classes that hold most, one a line. */
  public String largest(int lines) {
    return String.join("\n", ask("GC.class_histogram").lines().skip(1).limit(lines + 2L).toList());
  }

  private String ask(String what) {
    return Proc.all(List.of(JCMD, Long.toString(pid), what));
  }
}
