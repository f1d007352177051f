package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.function.Supplier;

/** Where a node keeps things, and what seals its secrets there. */
final class NodeStore {
  private NodeStore() {}

  static Sealer sealer(Config config) throws IOException {
    Path dir = config.store().dir().toAbsolutePath();
    Files.createDirectories(dir);
    String key = config.masterKey() == null ? null : config.masterKey().reveal();
    return new Sealer(MasterKey.resolve(key, config.masterKeyFile(), dir));
  }

  static Future<Store> open(Vertx vertx, Config config, Deque<Supplier<Future<?>>> stops) {
    StoreOptions options =
        StoreOptions.of(config.store().redis(), config.store().dir().toAbsolutePath())
            .withFsync(StoreOptions.Fsync.valueOf(config.store().fsync().name()));
    return Store.open(vertx, options).onSuccess(store -> stops.push(store::close));
  }
}
