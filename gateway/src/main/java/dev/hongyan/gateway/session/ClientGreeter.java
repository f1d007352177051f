package dev.hongyan.gateway.session;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Counts a client's connections in the store, so that each has a greater generation than the one
 * before, on any node.
 */
public final class ClientGreeter implements Hub.Greeter {
  /** A client that stays away longer begins at 1 again. */
  private static final long KEEP_SECONDS = 7 * 86_400;

  /** KEYS: one for each client. ARGV: how long to keep them (s). Returns the new counts. */
  private static final Script GREET =
      Script.of(
          "greet",
          """
          local out = {}
          for i = 1, #KEYS do
            out[i] = redis.call('INCR', KEYS[i])
            redis.call('EXPIRE', KEYS[i], ARGV[1])
          end
          return out
          """);

  private final RedisLink store;
  private final TenantBatches<String, Long> batches;

  /**
   * @param endOfTick runs a task after what this tick has still to do
   */
  public ClientGreeter(RedisLink store, Executor endOfTick) {
    this.store = store;
    this.batches = new TenantBatches<>(endOfTick, this::greet);
  }

  @Override
  public Future<Long> greet(String tenant, String client) {
    return batches.ask(tenant, client);
  }

  private Future<List<Future<Long>>> greet(String tenant, List<String> clients) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(GREET, clients.stream().map(keys::client).toList(), KEEP_SECONDS)
        .map(counts -> counts.stream().map(n -> Future.succeededFuture(n.toLong())).toList());
  }
}
