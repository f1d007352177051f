package dev.hongyan.bench.process;

import dev.hongyan.tenant.store.EmbeddedRedis;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.concurrent.ExecutionException;

/** For peers that need one: the same Redis as ours, with fsync always, beside the generator. */
public final class PeerRedis implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final Store store;

  public PeerRedis(Setup setup) throws InterruptedException, IOException {
    try {
      store =
          Store.open(
                  vertx,
                  StoreOptions.embedded(Files.createTempDirectory(setup.work(), "peer-redis-")))
              .toCompletionStage()
              .toCompletableFuture()
              .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** As {@code redis://…}. */
  public String address() {
    EmbeddedRedis redis = Objects.requireNonNull(store.embedded());
    return redis.address();
  }

  /** The process itself. */
  public Proc process() {
    return ProcessHandle.current()
        .descendants()
        .filter(c -> c.info().command().orElse("").contains("redis"))
        .findFirst()
        .map(c -> new Proc(c.pid()))
        .orElseThrow(() -> new IllegalStateException("there is no Redis"));
  }

  @Override
  public void close() {
    store.close().toCompletionStage().toCompletableFuture().join();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
