package dev.hongyan.tenant.quota;

import dev.hongyan.tenant.quota.Bucket.Ask;
import dev.hongyan.tenant.quota.Bucket.Grant;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.util.List;

/**
 * The common budgets in the store: hash {@code hy:{t}:budget:<name>} with {@code level} and {@code
 * at}, by the store's own clock, so that those of the nodes do not matter. One that is full is
 * forgotten, which is the same.
 */
final class BudgetStore {
  /**
   * KEYS: budget, the tenant's configuration (nothing is kept of a tenant that is gone). ARGV: rate
   * a second, capacity, used, back, want. Returns what is granted and the level that is left, in
   * thousandths.
   */
  private static final Script ASK =
      Script.of(
          "budget",
          """
          local rate, cap = tonumber(ARGV[1]), tonumber(ARGV[2])
          if redis.call('EXISTS', KEYS[2]) == 0 then return {0, math.floor(cap * 1000)} end
          local t = redis.call('TIME')
          local now = t[1] * 1000000 + t[2]
          local h = redis.call('HMGET', KEYS[1], 'level', 'at')
          local level, at = tonumber(h[1] or cap), tonumber(h[2] or now)
          level = math.min(cap, level + math.max(0, now - at) * rate / 1000000)
          level = math.min(cap, level + ARGV[4]) - ARGV[3]
          local granted = math.max(0, math.min(ARGV[5], math.floor(level), math.ceil(level / 2)))
          level = level - granted
          redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level),
            'at', string.format('%.0f', math.max(now, at)))
          redis.call('PEXPIRE', KEYS[1], math.ceil((cap - level) / rate * 1000) + 1000)
          return {granted, math.floor(level * 1000)}
          """);

  private final RedisLink link;

  BudgetStore(RedisLink link) {
    this.link = link;
  }

  Future<Grant> ask(String tenant, Limit limit, Ask ask) {
    Keys keys = Keys.of(tenant);
    return link.eval(
            ASK,
            List.of(keys.budget(limit.name()), keys.config("tenant")),
            Double.toString(limit.ratePerSecond()),
            Double.toString(limit.capacity()),
            Double.toString(ask.used()),
            Double.toString(ask.back()),
            (long) Math.ceil(ask.want()))
        .map(r -> new Grant(r.get(0).toLong(), r.get(1).toLong() / 1000.0));
  }
}
