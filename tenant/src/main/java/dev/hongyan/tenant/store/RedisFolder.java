package dev.hongyan.tenant.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of an embedded Redis: its configuration, socket, log and data, readable by us alone.
 * The address it listens on is written down, so that another process finds it.
 */
final class RedisFolder {
  /** The kernel takes 108 bytes of path for a unix socket; some leave less. */
  private static final int SOCKET_PATH_MAX = 100;

  private static final long LOG_MAX_BYTES = 10 * 1024 * 1024;
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private final Path path;
  private final StoreOptions.Fsync fsync;
  private final boolean unix;

  RedisFolder(Path dir, StoreOptions.Fsync fsync, boolean nativeTransport) {
    this.path = dir.toAbsolutePath().normalize().resolve("redis");
    this.fsync = fsync;
    this.unix =
        nativeTransport
            && socket().toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_PATH_MAX;
  }

  Path path() {
    return path;
  }

  private Path socket() {
    return path.resolve("redis.sock");
  }

  private Path config() {
    return path.resolve("redis.conf");
  }

  private Path addressFile() {
    return path.resolve("address");
  }

  private Path log() {
    return path.resolve("redis.log");
  }

  void create() throws IOException {
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * The address written down by whoever started Redis here, when this process can use that kind.
   */
  @Nullable String usableAddress() throws IOException {
    if (!Files.exists(addressFile())) {
      return null;
    }
    String written = Files.readString(addressFile()).strip();
    if (!written.startsWith("unix:")) {
      return written.startsWith("redis:") ? written : null;
    }
    // The folder may have been moved since: only a socket in it is ours.
    return unix && written.equals(StoreAddress.unix(socket())) ? written : null;
  }

  /** The process behind this {@code INFO server}, when it is the Redis of this very folder. */
  @Nullable ProcessHandle processOf(@Nullable String info) {
    if (info == null) {
      return null;
    }
    String pid = RedisProbe.line(info, "process_id");
    if (pid == null || !config().toString().equals(RedisProbe.line(info, "config_file"))) {
      return null;
    }
    return ProcessHandle.of(Long.parseLong(pid)).orElse(null);
  }

  /**
   * Writes configuration and address for the next start; the address stays what it was if it can.
   */
  String prepare() throws IOException {
    String address = unix ? StoreAddress.unix(socket()) : loopback();
    List<String> lines =
        new ArrayList<>(
            List.of(
                "# Written anew at each start.",
                "dir " + quoted(path),
                "logfile " + quoted(log()),
                "daemonize no",
                "save \"\"",
                "appendonly yes",
                "appendfsync " + (fsync == StoreOptions.Fsync.ALWAYS ? "always" : "everysec"),
                // A kill in the middle of a write leaves half a command at the end: drop that one,
                // nobody was told that it was done.
                "aof-load-truncated yes",
                "aof-use-rdb-preamble yes",
                // A third of the work of a rewrite, which has the same processor as the appends.
                "rdbcompression no",
                "no-appendfsync-on-rewrite no",
                "auto-aof-rewrite-min-size 64mb",
                "maxmemory-policy noeviction",
                "timeout 0",
                "tcp-keepalive 60"));
    if (unix) {
      lines.addAll(List.of("port 0", "unixsocket " + quoted(socket()), "unixsocketperm 700"));
    } else {
      String password = address.substring("redis://:".length(), address.indexOf('@'));
      String port = address.substring(address.lastIndexOf(':') + 1);
      lines.addAll(List.of("bind 127.0.0.1", "port " + port, "requirepass " + password));
    }
    writePrivately(config(), String.join("\n", lines) + "\n");
    writePrivately(addressFile(), address + "\n");
    if (Files.exists(log()) && Files.size(log()) > LOG_MAX_BYTES) {
      Files.move(log(), path.resolve("redis.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
    return address;
  }

  /** Whether a process has ended, a zombie included. */
  static boolean isGone(ProcessHandle process) {
    if (!process.isAlive()) {
      return true;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      // "pid (name) state …": the name may hold anything, so count from its end.
      return stat.startsWith(") Z", stat.lastIndexOf(')'));
    } catch (IOException e) {
      return !process.isAlive(); // no /proc here, or it ended just now
    }
  }

  Process start(Path program) throws IOException {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETSID)) {
      // A group of its own: Ctrl-C in a terminal is for us, and we still need Redis while we drain.
      command.add(SETSID.toString());
    }
    command.add(program.toString());
    command.add(config().toString());
    return new ProcessBuilder(command)
        .directory(path.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .start();
  }

  /** The last thing Redis said, for an error message. */
  String lastLogLine() {
    try {
      List<String> lines = Files.readAllLines(log(), StandardCharsets.ISO_8859_1);
      return lines.isEmpty() ? "(nothing in its log)" : lines.get(lines.size() - 1);
    } catch (IOException e) {
      return "(no log)";
    }
  }

  private String loopback() throws IOException {
    String before = usableAddress();
    if (before != null && before.startsWith("redis:")) {
      int port = Integer.parseInt(before.substring(before.lastIndexOf(':') + 1));
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return before;
      } catch (IOException e) {
        // Somebody else has this port now; take another.
      }
    }
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "redis://:" + HexFormat.of().formatHex(random) + "@127.0.0.1:" + free.getLocalPort();
    }
  }

  private void writePrivately(Path file, String text) throws IOException {
    Path fresh =
        Files.createTempFile(
            path,
            "new",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String quoted(Path p) {
    return '"' + p.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
