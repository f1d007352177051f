package dev.hongyan.tenant.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A bare redis-server on a port of loopback, with whatever options a test wants. */
final class RawRedis implements AutoCloseable {
  final int port;
  private final Process process;

  private RawRedis(int port, Process process) {
    this.port = port;
    this.process = process;
  }

  static RawRedis start(Path dir, String... options) throws Exception {
    return start(freePort(), dir, options);
  }

  static RawRedis start(int port, Path dir, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(RedisBinary.candidates(dir).get(0).toString());
    Path conf = Files.createTempFile(dir, "raw", ".conf");
    Files.writeString(conf, String.join("\n", options) + "\n");
    command.add(conf.toString());
    command.addAll(
        List.of(
            "--port",
            "" + port,
            "--bind",
            "127.0.0.1",
            "--dir",
            Files.createTempDirectory(dir, "d").toString()));
    for (String option : options) {
      if (option.startsWith("--")) {
        throw new IllegalArgumentException(option);
      }
      if (option.startsWith("sentinel ")) {
        command.add("--sentinel");
        break;
      }
    }
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("raw-" + port + ".log").toFile())
            .start();
    RawRedis started = new RawRedis(port, process);
    RedisProbe probe = new RedisProbe(started.address());
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!probe.isServing(Duration.ofMillis(200))) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        started.close();
        throw new AssertionError(Files.readString(dir.resolve("raw-" + port + ".log")));
      }
      Thread.onSpinWait();
    }
    return started;
  }

  static int freePort() throws IOException {
    // A cluster's bus listens 10,000 above.
    for (int i = 0; i < 200; i++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        if (socket.getLocalPort() < 55_000) {
          return socket.getLocalPort();
        }
      }
    }
    throw new IOException("no free port");
  }

  String address() {
    return "redis://127.0.0.1:" + port;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      throw new AssertionError("redis does not die");
    }
  }
}
