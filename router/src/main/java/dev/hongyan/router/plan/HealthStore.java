package dev.hongyan.router.plan;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is kept of destinations' health, so that a restart does not forget for how long one fails.
 */
final class HealthStore {
  private static final Logger LOG = LoggerFactory.getLogger(HealthStore.class);

  private final RedisLink store;

  HealthStore(RedisLink store) {
    this.store = store;
  }

  /** What was kept; empty when nothing was, or the store is away. */
  Future<String> read(String tenant, String destination) {
    return store
        .send(Request.cmd(Command.HGET).arg(Keys.of(tenant).health()).arg(destination))
        .map(r -> r == null ? "" : r.toString())
        .recover(e -> Future.succeededFuture(""));
  }

  void keep(String tenant, String destination, String state) {
    store
        .send(Request.cmd(Command.HSET).arg(Keys.of(tenant).health()).arg(destination).arg(state))
        .onFailure(e -> LOG.debug("the health of {} was not kept", destination));
  }

  void forget(String tenant, String destination) {
    store
        .send(Request.cmd(Command.HDEL).arg(Keys.of(tenant).health()).arg(destination))
        .onFailure(e -> LOG.debug("the health of {} was not forgotten", destination));
  }
}
