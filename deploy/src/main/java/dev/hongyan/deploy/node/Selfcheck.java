package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a node needs of its machine, tried out without starting one. Blocking. */
public final class Selfcheck {

  /**
   * One thing that was tried.
   *
   * @param what the thing and, when it failed, why
   */
  public record Finding(boolean ok, String what) {}

  private Selfcheck() {}

  /** Tries Java, ports and folders. */
  public static List<Finding> of(Config config) {
    List<Finding> findings = new ArrayList<>();
    int java = Runtime.version().feature();
    findings.add(new Finding(java >= 17, "Java " + java + " (17 or newer)"));
    findings.add(port("http.port", config.http().host(), config.http().port()));
    findings.add(port("management.port", config.management().host(), config.management().port()));
    findings.add(writable("store.dir", config.store().dir()));
    readable("masterKeyFile", config.masterKeyFile(), findings);
    readable("tenants.dir", config.tenants().dir(), findings);
    return findings;
  }

  private static Finding port(String key, String host, int port) {
    String what = key + " " + host + ":" + port;
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
      return new Finding(true, what + " is free");
    } catch (IOException e) {
      return new Finding(false, what + ": " + e.getMessage());
    }
  }

  private static Finding writable(String key, Path dir) {
    Path folder = dir.toAbsolutePath();
    Path there = folder;
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    boolean ok = there != null && Files.isDirectory(there) && Files.isWritable(there);
    return new Finding(ok, key + " " + folder + (ok ? "" : ": cannot be written"));
  }

  private static void readable(String key, @Nullable Path path, List<Finding> findings) {
    if (path != null) {
      boolean ok = Files.isReadable(path);
      findings.add(new Finding(ok, key + " " + path + (ok ? "" : ": cannot be read")));
    }
  }
}
