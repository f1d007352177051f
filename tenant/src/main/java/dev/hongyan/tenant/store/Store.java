package dev.hongyan.tenant.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The store of one node: an embedded Redis where no address is configured, else just the addresses.
 * Open it before the verticles; each verticle then takes its own {@link #link()} from its context.
 */
public final class Store {
  private final Vertx vertx;
  private final StoreOptions options;
  private final @Nullable EmbeddedRedis embedded;

  private Store(Vertx vertx, StoreOptions options, @Nullable EmbeddedRedis embedded) {
    this.vertx = vertx;
    this.options = options;
    this.embedded = embedded;
  }

  /**
   * Starts what is to be started. Does not wait for a Redis that is not ours: links find it when it
   * is there.
   *
   * <p>A Vertx with {@code setPreferNativeTransport(true)} lets the embedded Redis listen on a unix
   * socket; without it it listens on loopback with a random password.
   */
  public static Future<Store> open(Vertx vertx, StoreOptions options) {
    if (!options.redis().isEmpty()) {
      return Future.succeededFuture(new Store(vertx, options, null));
    }
    return EmbeddedRedis.start(vertx, options)
        .map(redis -> new Store(vertx, options.withRedis(redis.address()), redis));
  }

  /** A new link on the current context. */
  public RedisLink link() {
    return RedisLink.open(vertx, options);
  }

  /**
   * Hears channels whose names match, on the current context.
   *
   * @param listener gets the channel and what was published there
   */
  public RedisSubscriber subscribe(String pattern, BiConsumer<String, String> listener) {
    return RedisSubscriber.open(vertx, options, pattern, listener);
  }

  /** The Redis of our own, or null when the store is elsewhere. */
  public @Nullable EmbeddedRedis embedded() {
    return embedded;
  }

  /** Stops the embedded Redis, unless another live process uses it too. Close links before. */
  public Future<Void> close() {
    return embedded == null ? Future.succeededFuture() : embedded.close();
  }
}
