package dev.hongyan.tenant.store;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Another Hongyan process on the same data folder, that does nothing but keep its store. Says its
 * role, the process of its Redis and its address in one line, and closes when its input ends.
 */
final class OtherProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;

  private OtherProcess(Process process) {
    this.process = process;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static OtherProcess start(Path dir) throws IOException {
    return new OtherProcess(
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                dir.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    String line;
    Store store = null;
    try {
      store =
          Store.open(vertx, StoreOptions.embedded(Path.of(args[0]))).await(15, TimeUnit.SECONDS);
      EmbeddedRedis redis = store.embedded();
      line = redis.role() + " " + redis.pid() + " " + redis.address();
    } catch (Exception e) {
      line = "FAILED " + e.getMessage();
    }
    System.out.println("::" + line);
    while (System.in.read() >= 0) {
      // Lives until its input ends.
    }
    if (store != null) {
      store.close().await(10, TimeUnit.SECONDS);
    }
    System.exit(0);
  }

  /** {@code [role, process id of Redis, address]}. */
  String[] said() throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith("::")) {
        return line.substring(2).split(" ");
      }
    }
    throw new AssertionError("the other process ended without a word");
  }

  void kill() throws Exception {
    process.destroyForcibly();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      throw new AssertionError("the other process does not die");
    }
  }

  /** Lets it end in order. */
  void end() throws Exception {
    process.getOutputStream().close();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the other process does not end");
    }
  }

  @Override
  public void close() throws Exception {
    kill();
  }
}
