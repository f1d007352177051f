package dev.hongyan.tenant.quota;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many sessions each tenant has, here and on the other nodes. Those of tenants with a bound are
 * exchanged once a second; a node that says nothing for 10 s has none. Thread-safe.
 */
final class SessionCounts {
  /**
   * KEYS: counts, the tenant's configuration. ARGV: node, its count. Returns that of the others.
   */
  private static final Script EXCHANGE =
      Script.of(
          "session-counts",
          """
          if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
          local now = tonumber(redis.call('TIME')[1])
          if ARGV[2] == '0' then redis.call('HDEL', KEYS[1], ARGV[1])
          else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. now) end
          local all, others = redis.call('HGETALL', KEYS[1]), 0
          for i = 1, #all, 2 do
            local count, at = string.match(all[i + 1], '(%d+):(%d+)')
            if all[i] ~= ARGV[1] then
              if now - at > 10 then redis.call('HDEL', KEYS[1], all[i])
              else others = others + count end
            end
          end
          redis.call('EXPIRE', KEYS[1], 30)
          return others
          """);

  private final Map<String, Count> tenants = new ConcurrentHashMap<>();

  private static final class Count {
    int here;
    long others;
    boolean told;
    boolean asking;
    boolean wanted;
  }

  private Count of(String tenant) {
    return tenants.computeIfAbsent(tenant, t -> new Count());
  }

  /** One more, unless there are {@code max}. */
  boolean open(String tenant, long max) {
    // Within the map's lock for this tenant, so that nobody counts one that was just forgotten.
    boolean[] opened = {false};
    var unused =
        tenants.compute(
            tenant,
            (t, known) -> {
              Count count = known == null ? new Count() : known;
              synchronized (count) {
                count.wanted = true;
                opened[0] = count.here + count.others < max;
                count.here += opened[0] ? 1 : 0;
              }
              return count;
            });
    return opened[0];
  }

  boolean isFull(String tenant, long max) {
    Count count = of(tenant);
    synchronized (count) {
      count.wanted = true;
      return count.here + count.others >= max;
    }
  }

  void closed(String tenant) {
    var unused =
        tenants.computeIfPresent(
            tenant,
            (t, count) -> {
              synchronized (count) {
                count.here = Math.max(0, count.here - 1);
              }
              return count;
            });
  }

  /** Tells the others and hears of them. */
  void exchange(RedisLink link, String node, Quotas quotas) {
    for (String tenant : tenants.keySet()) {
      boolean bounded = quotas.of(tenant).max().sessions() != null;
      var unused =
          tenants.computeIfPresent(
              tenant,
              (t, count) -> {
                synchronized (count) {
                  boolean rests = count.here == 0 && !count.told && !count.wanted && !count.asking;
                  if (rests || count.here == 0 && !bounded) {
                    return null;
                  }
                  if (bounded && !count.asking) {
                    ask(link, node, tenant, count);
                  }
                }
                return count;
              });
    }
  }

  private static void ask(RedisLink link, String node, String tenant, Count count) {
    Keys keys = Keys.of(tenant);
    int here = count.here;
    count.asking = true;
    count.wanted = false;
    link.eval(EXCHANGE, List.of(keys.sessionCounts(), keys.config("tenant")), node, here)
        .onComplete(
            others -> {
              synchronized (count) {
                count.asking = false;
                count.told = here > 0;
                count.others = others == null ? 0 : others.toLong();
              }
            },
            away -> {
              synchronized (count) {
                count.asking = false;
              }
            });
  }
}
