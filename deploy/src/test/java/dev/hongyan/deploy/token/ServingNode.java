package dev.hongyan.deploy.token;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A {@code hongyan serve} process. */
final class ServingNode implements AutoCloseable {
  private static final int SECONDS = 120;

  private final Process process;
  private final int port;

  ServingNode(Map<String, String> environment) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.hongyan.deploy.Hongyan",
            "serve",
            "--child");
    builder.environment().putAll(environment);
    process = builder.redirectErrorStream(true).start();
    CompletableFuture<Integer> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> read(ready), "node-log");
    reader.setDaemon(true);
    reader.start();
    port = ready.get(SECONDS, TimeUnit.SECONDS);
  }

  private void read(CompletableFuture<Integer> ready) {
    String last = "";
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line;
        if (line.contains("\"msg\":\"ready\"")) {
          ready.complete(new JsonObject(line).getInteger("http_port"));
        }
      }
    } catch (IOException gone) {
      // as good as the end
    }
    ready.completeExceptionally(new IllegalStateException("it ended: " + last));
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
