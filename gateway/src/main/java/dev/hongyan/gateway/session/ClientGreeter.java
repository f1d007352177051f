package dev.hongyan.gateway.session;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.util.List;

/**
 * Counts a client's connections in the store, so that each has a greater generation than the one
 * before, on any node.
 */
public final class ClientGreeter implements Hub.Greeter {
  /** A client that stays away longer begins at 1 again. */
  private static final long KEEP_SECONDS = 7 * 86_400;

  private static final Script GREET =
      Script.of(
          "greet",
          """
          local n = redis.call('INCR', KEYS[1])
          redis.call('EXPIRE', KEYS[1], ARGV[1])
          return n
          """);

  private final RedisLink store;

  public ClientGreeter(RedisLink store) {
    this.store = store;
  }

  @Override
  public Future<Long> greet(String tenant, String client) {
    return store
        .eval(GREET, List.of(Keys.of(tenant).client(client)), KEEP_SECONDS)
        .map(r -> r.toLong());
  }
}
