package dev.hongyan.router.slot;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/**
 * Leases and the node registry in the store, by the store's own clock, so that nodes need not agree
 * on the time.
 */
final class LeaseStore {
  /**
   * KEYS: slot. ARGV: node, time to live (ms), release (1/0). A lease is {@code node fence until}.
   * Returns the fence when it is ours now, else 0.
   */
  private static final Script LEASE =
      Script.of(
          "lease",
          """
          local t = redis.call('TIME')
          local now = t[1] * 1000 + math.floor(t[2] / 1000)
          local node, fence, till = '', 0, 0
          local v = redis.call('GET', KEYS[1])
          if v then
            local n, f, e = string.match(v, '^(%S+) (%d+) (%d+)')
            node, fence, till = n, tonumber(f), tonumber(e)
          end
          local mine = node == ARGV[1]
          if ARGV[3] == '1' then
            if mine then redis.call('SET', KEYS[1], string.format('%s %d 0', node, fence)) end
            return 0
          end
          if till > now and not mine then return 0 end
          if till <= now or not mine then fence = fence + 1 end
          redis.call('SET', KEYS[1], string.format('%s %d %.0f', ARGV[1], fence, now + tonumber(ARGV[2])))
          return fence
          """);

  /**
   * KEYS: nodes. ARGV: node, silence after which a node counts as gone (ms), leave (1/0). Returns
   * the live nodes.
   */
  private static final Script NODES =
      Script.of(
          "nodes",
          """
          local t = redis.call('TIME')
          local now = t[1] * 1000 + math.floor(t[2] / 1000)
          if ARGV[3] == '1' then redis.call('ZREM', KEYS[1], ARGV[1])
          else redis.call('ZADD', KEYS[1], now, ARGV[1]) end
          redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
          return redis.call('ZRANGE', KEYS[1], 0, -1)
          """);

  private final RedisLink store;
  private final String node;
  private final long leaseMillis;

  LeaseStore(RedisLink store, String node, long leaseMillis) {
    this.store = store;
    this.node = node;
    this.leaseMillis = leaseMillis;
  }

  /** Takes or renews a slot; the fence, or 0 when another node has it. */
  Future<Long> take(int slot) {
    return store.eval(LEASE, List.of(Keys.slot(slot)), node, leaseMillis, "0").map(r -> r.toLong());
  }

  Future<Void> release(int slot) {
    return store.eval(LEASE, List.of(Keys.slot(slot)), node, leaseMillis, "1").mapEmpty();
  }

  /** Says that this node lives and asks who else does. */
  Future<List<String>> beat() {
    return nodes("0");
  }

  Future<Void> leave() {
    return nodes("1").mapEmpty();
  }

  private Future<List<String>> nodes(String leave) {
    return store
        .eval(NODES, List.of(Keys.NODES), node, leaseMillis, leave)
        .map(
            r -> {
              List<String> names = new ArrayList<>(r.size());
              r.forEach(n -> names.add(n.toString()));
              return names;
            });
  }
}
