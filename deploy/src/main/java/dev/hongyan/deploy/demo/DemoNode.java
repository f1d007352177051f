package dev.hongyan.deploy.demo;

import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The node of the demo: {@code hongyan serve} as a child process. Killed by somebody, it is started
 * again; when the demo ends, it ends too, even when the demo itself was killed (its standard input
 * ends).
 */
final class DemoNode {
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);
  private static final long STOP_SECONDS = 6;

  private final Vertx vertx;
  private final Timers timers;
  private final HttpClient http;
  private final int port;
  private final Map<String, String> environment;
  private final File log;
  private final LongConsumer onDeath;
  private volatile @Nullable Process process;
  private volatile boolean stopping;

  /**
   * @param environment the configuration of the node
   * @param onDeath told of the process id of a node that died by itself, on the event loop
   */
  DemoNode(
      Vertx vertx,
      Timers timers,
      int port,
      Map<String, String> environment,
      Path log,
      LongConsumer onDeath) {
    this.vertx = vertx;
    this.timers = timers;
    this.http = vertx.createHttpClient();
    this.port = port;
    this.environment = environment;
    this.log = log.toFile();
    this.onDeath = onDeath;
  }

  /** Starts the process; the Future gives its process id once the doors are open. */
  Future<Long> start() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The same flags as ours, the class archive among them; no debugger or the like.
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("-XX:")
          || flag.startsWith("-Xshare")
          || flag.startsWith("-Xlog")
          || flag.startsWith("-D")) {
        command.add(flag);
      }
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "dev.hongyan.deploy.Hongyan",
            "serve",
            "--child",
            "--demo"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log));
    try {
      Process started = builder.start();
      process = started;
      Promise<Long> ready = Promise.promise();
      look(started, ready);
      // only a node that was up is started again; one that cannot start has a reason to tell
      return ready
          .future()
          .onSuccess(pid -> started.onExit().thenAccept(p -> vertx.runOnContext(v -> ended(p))));
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  /** Ends the process and waits for it; blocking, for the end of the demo. */
  void stop() {
    stopping = true;
    Process p = process;
    if (p != null) {
      p.destroy();
      try {
        if (!p.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
          p.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void ended(Process p) {
    if (!stopping && p == process) {
      onDeath.accept(p.pid());
    }
  }

  private void look(Process started, Promise<Long> ready) {
    if (!started.isAlive()) {
      ready.tryFail("the node ended with status " + started.exitValue() + "; see " + log);
      return;
    }
    http.request(HttpMethod.GET, port, "127.0.0.1", "/ping")
        .compose(request -> request.send())
        .onComplete(
            answer -> ready.tryComplete(started.pid()),
            notYet -> {
              var unused = timers.after(LOOK_EVERY, () -> look(started, ready));
            });
  }
}
