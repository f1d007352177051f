package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server that runs as a process of its own on chosen processors, and ends with us. */
final class Child implements AutoCloseable {
  private static final long START_SECONDS = 120;
  private static final long STOP_SECONDS = 15;
  private static final long LOOK_NANOS = 20_000_000;

  private final Process process;
  private final Thread hook;

  private Child(Process process) {
    this.process = process;
    this.hook = new Thread(process::destroyForcibly, "bench-end-" + process.pid());
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts {@code command} on {@code processors}; comes back when {@code port} answers HTTP. */
  static Child start(
      String processors,
      List<String> command,
      Map<String, String> environment,
      Path log,
      int port) {
    return start(processors, command, environment, log, port, Duration.ofSeconds(START_SECONDS));
  }

  /** The same with other patience. */
  static Child start(
      String processors,
      List<String> command,
      Map<String, String> environment,
      Path log,
      int port,
      Duration within) {
    Child child = launch(processors, command, environment, log);
    child.awaitAnswer(port, log, within);
    return child;
  }

  /** The same for a server that speaks something else: comes back when it takes connections. */
  static Child startAtTcp(
      String processors,
      List<String> command,
      Map<String, String> environment,
      Path log,
      int port) {
    Child child = launch(processors, command, environment, log);
    child.awaitOpen(port, log);
    return child;
  }

  private static Child launch(
      String processors, List<String> command, Map<String, String> environment, Path log) {
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", processors));
    pinned.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(pinned);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return new Child(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  List<ProcessHandle> children() {
    return process.children().toList();
  }

  /** As the kernel would on its own: no last words. */
  void kill() {
    process.destroyForcibly();
    boolean unused = waitFor();
    Runtime.getRuntime().removeShutdownHook(hook);
  }

  @Override
  public void close() {
    process.destroy();
    if (!waitFor()) {
      process.destroyForcibly();
    }
    Runtime.getRuntime().removeShutdownHook(hook);
  }

  private boolean waitFor() {
    try {
      return process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void awaitAnswer(int port, Path log, Duration within) {
    HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    HttpRequest ping =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ping"))
            .timeout(Duration.ofSeconds(2))
            .build();
    long deadline = System.nanoTime() + within.toNanos();
    while (true) {
      try {
        var unused = http.send(ping, HttpResponse.BodyHandlers.discarding());
        return;
      } catch (IOException notYet) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          close();
          throw new IllegalStateException("the server did not start; see " + log, notYet);
        }
        LockSupport.parkNanos(LOOK_NANOS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        close();
        throw new IllegalStateException(e);
      }
    }
  }

  private void awaitOpen(int port, Path log) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException notYet) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          close();
          throw new IllegalStateException("the server did not start; see " + log, notYet);
        }
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
  }

  /** A port that nobody has just now. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
