package dev.hongyan.tenant.testing;

import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real Redis in a folder of its own, with a Vertx and one link, for one test or one test class:
 *
 * <pre>{@code
 * try (RedisFixture redis = RedisFixture.start()) {
 *   redis.await(redis.link().send(...));
 * }
 * }</pre>
 */
public final class RedisFixture implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final Path dir;
  private final boolean ownDir;
  private final Vertx vertx;
  private final Store store;
  private final RedisLink link;

  private RedisFixture(Path dir, boolean ownDir) {
    this.dir = dir;
    this.ownDir = ownDir;
    this.vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    this.store = await(Store.open(vertx, StoreOptions.embedded(dir)));
    this.link = store.link();
    await(link.ready());
  }

  /** In a new folder, deleted at the end. */
  public static RedisFixture start() {
    try {
      return new RedisFixture(Files.createTempDirectory("hy"), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In this folder, with whatever is there; kept at the end. */
  public static RedisFixture start(Path dir) {
    return new RedisFixture(dir, false);
  }

  public Vertx vertx() {
    return vertx;
  }

  public Store store() {
    return store;
  }

  /** A link on an event loop of its own; any thread may use it. */
  public RedisLink link() {
    return link;
  }

  public Path dir() {
    return dir;
  }

  /** {@code redis://…} or {@code unix://…}. */
  public String address() {
    return store.embedded().address();
  }

  /** Sends a command and waits for its answer. */
  public Response send(Command command, Object... args) {
    Request request = Request.cmd(command, args);
    return await(link.send(request));
  }

  /** Every key there is. */
  public List<String> keys() {
    return send(Command.KEYS, "*").stream().map(Response::toString).sorted().toList();
  }

  /** Empties it. */
  public void clear() {
    var unused = send(Command.FLUSHALL);
  }

  /** Waits for a Future at most 20 s; for the thread of a test, not for an event loop. */
  public static <T> T await(Future<T> future) {
    try {
      return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("nothing happened within " + PATIENCE_SECONDS + " s", e);
    }
  }

  @Override
  public void close() {
    await(link.close());
    await(store.close());
    await(vertx.close());
    if (ownDir) {
      try (Stream<Path> all = Files.walk(dir)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
