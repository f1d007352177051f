package dev.hongyan.bench.process;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code bin/hongyan serve} with its own Redis (fsync always) in a fresh folder. The Redis runs on
 * the generator's processors, so that the server's have nothing but the server.
 */
public final class HongyanServer implements Server {
  public static final String TENANT = "bench";
  private static final Duration START_WITHIN = Duration.ofMinutes(2);
  private static final Duration END_WITHIN = Duration.ofSeconds(15);
  private static final Pattern LOADED =
      Pattern.compile("DB loaded from append only file: ([0-9.]+) seconds");
  private static final String OPERATOR_KEY = "op-bench-0123456789abcdef";

  private final Setup setup;
  private final Path folder;
  private final int port = Child.freePort();
  private final Map<String, String> environment = new HashMap<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private double startSeconds;
  private final Thread hook = new Thread(this::removeAtOnce, "bench-remove");
  private Child child;
  private Proc store;
  private boolean storeKilled;
  private String token = "";

  private HongyanServer(Setup setup, Path folder, Map<String, String> more) {
    this.setup = setup;
    this.folder = folder;
    environment.put("HONGYAN_HTTP_HOST", "127.0.0.1");
    environment.put("HONGYAN_HTTP_PORT", Integer.toString(port));
    environment.put("HONGYAN_MANAGEMENT_PORT", "0");
    environment.put("HONGYAN_STORE_DIR", folder.resolve("store").toString());
    environment.put("HONGYAN_OPERATOR_KEY", OPERATOR_KEY);
    environment.put("HONGYAN_DESTINATIONS_ALLOW_PRIVATE", "true"); // they are ours, on loopback
    environment.put("JAVA_HOME", setup.jdk().home().toString());
    environment.put("HONGYAN_JAVA_OPTS", setup.javaOptions());
    environment.putAll(more);
    child = launch(START_WITHIN);
    store = findStore();
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts a node with an empty store and the tenant {@link #TENANT}. */
  public static HongyanServer start(Setup setup) {
    return start(setup, Map.of());
  }

  /**
   * The same with more of its configuration.
   *
   * @param more environment variables
   */
  public static HongyanServer start(Setup setup, Map<String, String> more) {
    try {
      Path folder = Files.createTempDirectory(setup.work(), "node-");
      HongyanServer server = new HongyanServer(setup, folder, more);
      server.token = server.tenant(TENANT);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a tenant; gives a token for its clients. */
  public String tenant(String id) {
    post("/api/v1/tenants", new JsonObject().put("id", id).put("name", id));
    return post(
            "/api/v1/tenants/" + id + "/client-tokens",
            new JsonObject()
                .put("subject", "bench")
                .put("topics", new JsonArray().add("#"))
                .put("publish", new JsonArray().add("app.#"))
                .put("ttlSeconds", 7200))
        .getString("token");
  }

  /** Where its Redis listens. */
  public String storeAddress() {
    try {
      return Files.readString(folder.resolve("store/redis/address")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return "hongyan";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String token() {
    return token;
  }

  @Override
  public Proc process() {
    return new Proc(child.pid());
  }

  @Override
  public @Nullable Proc store() {
    return store;
  }

  /** Adds something by the admin API; gives the answer. */
  @CanIgnoreReturnValue
  public JsonObject post(String path, JsonObject body) {
    HttpRequest request = request("POST", path, body);
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IllegalStateException(
            path + " was answered " + response.statusCode() + ' ' + response.body());
      }
      return new JsonObject(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * The same for calls that run side by side, whatever the answer says.
   *
   * @param body null for none
   */
  public CompletableFuture<HttpResponse<String>> send(
      String method, String path, @Nullable JsonObject body) {
    return http.sendAsync(request(method, path, body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String method, String path, @Nullable JsonObject body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Authorization", "Bearer " + OPERATOR_KEY);
    return body == null
        ? request.method(method, HttpRequest.BodyPublishers.noBody()).build()
        : request
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body.encode()))
            .build();
  }

  /** From the command to the first answer, in seconds, of the start that was last. */
  public double startSeconds() {
    return startSeconds;
  }

  /** {@code kill -9}; its Redis lives on. */
  public void kill() {
    child.kill();
  }

  /** {@code kill -9} of its Redis; the node would start it again, so that has to be dead before. */
  public void killStore() {
    storeKilled = true;
    ProcessHandle.of(store.pid())
        .filter(HongyanServer::isRedis)
        .ifPresent(
            redis -> {
              boolean unused = redis.destroyForcibly();
              awaitEnd(redis);
            });
  }

  /** Starts it again on the same port and data; comes back when it answers. */
  public void restart() {
    restart(START_WITHIN);
  }

  /** The same with other patience: a store may have much to load. */
  public void restart(Duration within) {
    child = launch(within);
    if (storeKilled) {
      storeKilled = false;
      store = findStore();
    }
  }

  /** What its Redis says about the last time that it loaded its data, in seconds; 0 if it never. */
  public double storeLoadSeconds() {
    try {
      Matcher found = LOADED.matcher(Files.readString(folder.resolve("store/redis/redis.log")));
      double last = 0;
      while (found.find()) {
        last = Double.parseDouble(found.group(1));
      }
      return last;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of all its files. */
  public long storeFileBytes() {
    try (Stream<Path> files = Files.walk(folder.resolve("store"))) {
      return files.mapToLong(HongyanServer::bytes).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long bytes(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0; // Redis has just removed it
    }
  }

  @Override
  public void close() {
    boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
    child.close();
    ProcessHandle.of(store.pid()).ifPresent(HongyanServer::end);
    removeFiles();
  }

  /** We are being ended: a Redis in a session of its own would live on, and gigabytes of files. */
  private void removeAtOnce() {
    for (long pid : new long[] {child.pid(), store.pid()}) {
      ProcessHandle.of(pid)
          .filter(p -> pid == child.pid() || isRedis(p))
          .ifPresent(
              p -> {
                boolean unused = p.destroyForcibly();
              });
    }
    removeFiles();
  }

  private void removeFiles() {
    try (Stream<Path> files = Files.walk(folder.resolve("store"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("bench: could not remove " + folder + ": " + e.getMessage());
    }
  }

  private static void end(ProcessHandle left) {
    if (isRedis(left)) {
      boolean unused = left.destroy();
      awaitEnd(left);
      unused = left.destroyForcibly(); // it may be loading, and not listen
    }
  }

  /** Not a child of ours: where nobody collects it, nobody tells of its end either. */
  private static void awaitEnd(ProcessHandle process) {
    var unused =
        process
            .onExit()
            .completeOnTimeout(process, END_WITHIN.toSeconds(), TimeUnit.SECONDS)
            .join();
  }

  private static boolean isRedis(ProcessHandle process) {
    return process.info().command().orElse("").contains("redis");
  }

  private Child launch(Duration within) {
    long from = System.nanoTime();
    Child started =
        Child.start(
            setup.serverProcessors(),
            List.of(setup.root().resolve("bin/hongyan").toString(), "serve"),
            environment,
            folder.resolve("server.log"),
            port,
            within);
    startSeconds = (System.nanoTime() - from) / 1e9;
    return started;
  }

  private Proc findStore() {
    long pid =
        child.children().stream()
            .filter(HongyanServer::isRedis)
            .mapToLong(ProcessHandle::pid)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("the node has no Redis of its own"));
    String unused = Proc.first("taskset", "-apc", setup.loadProcessors(), Long.toString(pid));
    return new Proc(pid);
  }
}
