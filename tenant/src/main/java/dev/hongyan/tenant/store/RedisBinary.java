package dev.hongyan.tenant.store;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The redis-server program: the packaged one for this machine, else one that is installed. */
final class RedisBinary {
  /**
   * Names the folder of this program, where the packaged one may lie unpacked. Unpacking its ten
   * megabytes is a good part of the first start on a store.
   */
  private static final String HOME = "hongyan.home";

  private RedisBinary() {}

  /**
   * Programs to try, best first. The packaged one is unpacked into {@code folder} once, unless that
   * was done already when this program was built.
   *
   * @throws IOException when there is none at all
   */
  static List<Path> candidates(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    String resource = packaged();
    if (resource != null) {
      Path ready = unpackedBefore(resource);
      Path unpacked = ready != null ? ready : unpack(resource, folder);
      if (unpacked != null) {
        found.add(unpacked);
      }
    }
    String path = System.getenv("PATH");
    for (String directory : (path == null ? "" : path).split(File.pathSeparator)) {
      Path installed = Path.of(directory, "redis-server");
      if (!directory.isEmpty() && Files.isExecutable(installed)) {
        found.add(installed);
      }
    }
    if (found.isEmpty()) {
      throw new IOException(
          "no redis-server for this machine; install one or set store.redis to the address of one");
    }
    return found;
  }

  private static @Nullable String packaged() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "");
    boolean arm = arch.equals("aarch64") || arch.equals("arm64");
    if (os.startsWith("linux")) {
      return arm ? "redis-server-6.2.7-linux-arm64" : "redis-server-6.2.6-v5-linux-amd64";
    }
    if (os.startsWith("mac")) {
      return arm ? "redis-server-6.2.6-v5-darwin-arm64" : "redis-server-6.2.6-v5-darwin-amd64";
    }
    return null;
  }

  private static @Nullable Path unpackedBefore(String resource) {
    String home = System.getProperty(HOME);
    Path there = home == null ? null : Path.of(home, resource);
    return there != null && Files.isExecutable(there) ? there : null;
  }

  private static @Nullable Path unpack(String resource, Path folder) throws IOException {
    Path target = folder.resolve(resource);
    if (Files.isExecutable(target)) {
      return target; // moved into place as a whole below, so it is complete
    }
    try (InputStream in = RedisBinary.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        return null;
      }
      Path fresh = Files.createTempFile(folder, "redis-server", ".unpacking");
      Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    }
  }
}
