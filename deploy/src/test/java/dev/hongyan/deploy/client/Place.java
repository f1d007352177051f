package dev.hongyan.deploy.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.client.ClientEvent;
import dev.hongyan.client.HongyanClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A store folder and a port with {@code hongyan serve} processes on it, and one tenant. */
final class Place implements AutoCloseable {
  static final String TENANT = "acme";
  private static final String KEY = "operator-key-of-the-java-client-tests";
  private static final int SECONDS = 60;

  private final Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Node> nodes = new ArrayList<>();
  private final List<HongyanClient> clients = new ArrayList<>();
  private int port;

  Place(Path dir) throws Exception {
    this.dir = dir;
    start();
    ask("POST", "/tenants", new JsonObject().put("id", TENANT).put("name", "Acme"));
  }

  int port() {
    return port;
  }

  URI socket() {
    return URI.create("ws://127.0.0.1:" + port + "/ws/v1");
  }

  /** The process that was started last. */
  Node node() {
    return nodes.get(nodes.size() - 1);
  }

  /** One more process on the same store and port; returns when its doors are open. */
  @CanIgnoreReturnValue
  Node start() throws Exception {
    Node node = new Node();
    nodes.add(node);
    port = node.ready.get(SECONDS, TimeUnit.SECONDS);
    return node;
  }

  /** The admin API as operator. */
  @CanIgnoreReturnValue
  JsonObject ask(String method, String path, JsonObject body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1" + path))
                .header("Authorization", "Bearer " + KEY)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(method + " " + path + ": " + answer.statusCode() + answer.body());
    }
    return new JsonObject(answer.body());
  }

  String token(String subject, int ttlSeconds) throws Exception {
    JsonObject body =
        new JsonObject()
            .put("subject", subject)
            .put("topics", new JsonArray().add("#"))
            .put("publish", new JsonArray().add("app.#"))
            .put("ttlSeconds", ttlSeconds);
    return ask("POST", "/tenants/" + TENANT + "/client-tokens", body).getString("token");
  }

  HongyanClient client(String name) throws Exception {
    return client(name, event -> {});
  }

  HongyanClient client(String name, Consumer<ClientEvent> events) throws Exception {
    String token = token(name, 3_600);
    return connected(
        HongyanClient.builder(socket())
            .client(name)
            .token(() -> CompletableFuture.completedFuture(token))
            .onEvent(events));
  }

  /** Closed with this place. */
  HongyanClient connected(HongyanClient.Builder builder) {
    HongyanClient client = builder.connect();
    clients.add(client);
    return client;
  }

  @Override
  public void close() throws Exception {
    clients.forEach(HongyanClient::close);
    for (Node node : nodes) {
      node.process.destroy();
      if (!node.process.waitFor(30, TimeUnit.SECONDS)) {
        node.process.destroyForcibly();
      }
    }
    // It outlives a node that was killed and not started again.
    ProcessHandle.allProcesses()
        .filter(p -> p.info().command().orElse("").startsWith(dir.toString()))
        .forEach(ProcessHandle::destroyForcibly);
  }

  /** One process. */
  final class Node {
    final Process process;
    private final CompletableFuture<Integer> ready = new CompletableFuture<>();
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

    private Node() throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Xmx256m",
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
                  "HONGYAN_STORE_DIR",
                  dir.resolve("s").toString()));
      process = builder.redirectErrorStream(true).start();
      Thread reader = new Thread(this::read, "node-log");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader lines = process.inputReader()) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          log.add(line);
          if (line.contains("\"msg\":\"ready\"")) {
            ready.complete(new JsonObject(line).getInteger("http_port"));
          }
        }
      } catch (IOException gone) {
        // as good as the end
      }
      ready.completeExceptionally(new IllegalStateException("it ended: " + log));
    }

    /** {@code kill -9}, and waits for the end. */
    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }
  }
}
