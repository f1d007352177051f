package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Java that a server may run under.
 *
 * @param home its folder
 * @param version such as {@code 17.0.12}
 */
public record Jdk(Path home, String version) {
  private static final int LEAST = 17;
  private static final Path USUAL_PLACE = Path.of("/usr/lib/jvm");
  private static final String VERSION = "JAVA_VERSION=\"";

  /** The one in this folder; null when none is there, or one that is too old. */
  public static @Nullable Jdk in(Path home) {
    Path release = home.resolve("release");
    if (!Files.isExecutable(home.resolve("bin/java")) || !Files.isReadable(release)) {
      return null;
    }
    try {
      return Files.readString(release)
          .lines()
          .filter(l -> l.startsWith(VERSION))
          .map(l -> l.substring(VERSION.length(), l.lastIndexOf('"')))
          .map(version -> new Jdk(home, version))
          .filter(jdk -> jdk.feature() >= LEAST)
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  /** That of this process. */
  public static Jdk ours() {
    Path home = Path.of(System.getProperty("java.home"));
    Jdk found = in(home);
    return found != null ? found : new Jdk(home, Runtime.version().toString());
  }

  /** One of each feature version, from the oldest on: those given, and what is installed here. */
  public static List<Jdk> each(List<Jdk> first) {
    List<Jdk> all = new ArrayList<>(first);
    if (Files.isDirectory(USUAL_PLACE)) {
      try (Stream<Path> homes = Files.list(USUAL_PLACE)) {
        for (Path home : homes.sorted(Comparator.naturalOrder()).toList()) {
          Jdk jdk = in(home);
          if (jdk != null) {
            all.add(jdk);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Map<Integer, Jdk> byFeature = new TreeMap<>();
    all.forEach(jdk -> byFeature.putIfAbsent(jdk.feature(), jdk));
    return List.copyOf(byFeature.values());
  }

  /** Such as 17. */
  public int feature() {
    int end = 0;
    while (end < version.length() && Character.isDigit(version.charAt(end))) {
      end++;
    }
    return end == 0 ? 0 : Integer.parseInt(version.substring(0, end));
  }
}
