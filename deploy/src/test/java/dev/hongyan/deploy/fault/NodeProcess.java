package dev.hongyan.deploy.fault;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A node with its embedded Redis, both to be killed, and somebody who starts the node again. */
final class NodeProcess implements AutoCloseable {
  private static final String KEY = "operator-key-of-the-fault-run";
  private static final int SECONDS = 120;

  private final Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private Process process;
  private int port;

  NodeProcess(Path dir) throws Exception {
    this.dir = dir;
    this.process = start();
  }

  int port() {
    return port;
  }

  /** Where its Redis listens. */
  String storeAddress() throws IOException {
    return Files.readString(dir.resolve("s/redis/address")).strip();
  }

  /** What it logged as an error. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  private Process start() throws Exception {
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
    builder
        .environment()
        .putAll(
            Map.of(
                "HONGYAN_OPERATOR_KEY",
                KEY,
                "HONGYAN_HTTP_HOST",
                "127.0.0.1",
                "HONGYAN_HTTP_PORT",
                Integer.toString(port),
                "HONGYAN_MANAGEMENT_PORT",
                "0",
                "HONGYAN_DESTINATIONS_ALLOW_PRIVATE",
                "true",
                "HONGYAN_STORE_DIR",
                dir.resolve("s").toString()));
    Process started = builder.redirectErrorStream(true).start();
    CompletableFuture<Integer> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> read(started, ready), "node-log");
    reader.setDaemon(true);
    reader.start();
    port = ready.get(SECONDS, TimeUnit.SECONDS);
    return started;
  }

  private void read(Process from, CompletableFuture<Integer> ready) {
    String last = "";
    try (BufferedReader lines = from.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line;
        if (line.contains("\"msg\":\"ready\"")) {
          ready.complete(new JsonObject(line).getInteger("http_port"));
        } else if (isError(line)) {
          errors.add(line);
        }
      }
    } catch (IOException gone) {
      // as good as the end
    }
    ready.completeExceptionally(new IllegalStateException("it ended: " + last));
  }

  /** That its Redis ended is an error to the node, and our doing. */
  private static boolean isError(String line) {
    return !line.contains("\"level\":\"info\"")
        && !line.contains("\"level\":\"warn\"")
        && !line.contains("ended by itself");
  }

  /** {@code kill -9} and a new start; returns when its doors are open. */
  void killNode() throws Exception {
    process.destroyForcibly().waitFor();
    process = start();
  }

  /** {@code kill -9} of Redis; the node has to see to it. */
  void killStore() throws Exception {
    List<ProcessHandle> found = stores();
    if (found.isEmpty()) {
      throw new IllegalStateException("there is no Redis to kill");
    }
    for (ProcessHandle each : found) {
      each.destroyForcibly();
      each.onExit().get(SECONDS, TimeUnit.SECONDS);
    }
  }

  private List<ProcessHandle> stores() {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().command().orElse("").startsWith(dir.toString()))
        .toList();
  }

  /** Makes something by the admin API, as operator. */
  @CanIgnoreReturnValue
  JsonObject post(String path, JsonObject body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1" + path))
                .header("Authorization", "Bearer " + KEY)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(path + ": " + answer.statusCode() + answer.body());
    }
    return new JsonObject(answer.body());
  }

  String clientToken(String tenant) throws Exception {
    JsonObject body =
        new JsonObject()
            .put("subject", "faults")
            .put("topics", new JsonArray().add("#"))
            .put("publish", new JsonArray().add("app.#"))
            .put("ttlSeconds", 86_400);
    return post("/tenants/" + tenant + "/client-tokens", body).getString("token");
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    stores().forEach(ProcessHandle::destroyForcibly);
  }
}
