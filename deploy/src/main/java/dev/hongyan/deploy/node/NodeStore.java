package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.sealing.KeyAgreement;
import dev.hongyan.tenant.secret.Keyring;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a node keeps things, and what seals its secrets there. */
final class NodeStore {
  private NodeStore() {}

  /** With the configured keys; the file is made when none is named and there is none. Blocks. */
  static Sealer sealer(Config config) throws IOException {
    Files.createDirectories(config.store().dir().toAbsolutePath());
    return new Sealer(
        config.masterKey() == null && config.masterKeyFile() == null
            ? config.masterKeys().readOrMake()
            : keys(config));
  }

  /** The keys as they are written down now. Blocks. */
  static Keyring keys(Config config) throws IOException {
    return config.masterKey() == null
        ? config.masterKeys().read()
        : Keyring.of(MasterKey.of(config.masterKey().reveal()));
  }

  /** Tells of the master keys in health and metrics. */
  static void watch(KeyAgreement keys, HealthChecks health, Metrics metrics) {
    health.helpful("master-keys", () -> Future.succeededFuture(status(keys.state())));
    metrics.gauge(Series.RESEALED, () -> keys.state().resealed());
    metrics.gauge(
        Series.MASTER_KEY_CHANGING,
        () -> keys.state().wanted().equals(keys.state().active()) ? 0 : 1);
  }

  private static Status status(KeyAgreement.State state) {
    String trouble = state.trouble();
    if (trouble != null) {
      return Status.degraded(trouble);
    }
    if (!state.stuck().isEmpty()) {
      return Status.degraded("cannot be sealed anew: " + String.join(", ", state.stuck()));
    }
    if (!state.wanted().equals(state.active())) {
      return Status.up(
          state.active() + " seals until every node has " + state.wanted() + " in front");
    }
    return Status.up(
        state.active() + " seals" + (state.resealing() ? "; the rest is being sealed anew" : ""));
  }

  static Future<Store> open(Vertx vertx, Config config) {
    StoreOptions options =
        StoreOptions.of(config.store().redis(), config.store().dir().toAbsolutePath())
            .withFsync(StoreOptions.Fsync.valueOf(config.store().fsync().name()));
    return Store.open(vertx, options);
  }

  /** How long the log of a tenant is kept; what it says itself comes first. */
  static LogStore.Retention retention(Config config, @Nullable Tenant tenant) {
    Duration age = config.retention().age();
    long messages = config.retention().messages();
    if (tenant != null && tenant.retention() != null) {
      age = tenant.retention().age() == null ? age : tenant.retention().age();
      messages = tenant.retention().messages() == null ? messages : tenant.retention().messages();
    }
    // What waits for a frozen tenant is not thrown away because it waited.
    return new LogStore.Retention(
        messages, tenant != null && tenant.frozen() ? Duration.ZERO : age);
  }
}
