package dev.hongyan.tenant.quota;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How much the logs of those tenants hold that have a bound for it and publish: looked up once a
 * second, and what this node published since is added. Thread-safe.
 */
final class StorageWatch {
  private static final long FORGET_NANOS = 60_000_000_000L;

  private final Clock clock;
  private final Map<String, Seen> tenants = new ConcurrentHashMap<>();

  private static final class Seen {
    long messages;
    long bytes;
    long touchedNanos;
    boolean asking;
  }

  StorageWatch(Clock clock) {
    this.clock = clock;
  }

  /** Counts a message in, unless there is no room for it: then says what is full. */
  @Nullable String full(String tenant, Quota.Ceilings max, long bytes) {
    Seen seen = tenants.computeIfAbsent(tenant, t -> new Seen());
    synchronized (seen) {
      seen.touchedNanos = clock.nanos();
      if (max.storageMessages() != null && seen.messages >= max.storageMessages()) {
        return "The log of this tenant may hold " + max.storageMessages() + " messages";
      }
      if (max.storageBytes() != null && seen.bytes >= max.storageBytes()) {
        return "The log of this tenant may take " + max.storageBytes() + " bytes";
      }
      seen.messages++;
      seen.bytes += bytes;
      return null;
    }
  }

  void look(RedisLink link) {
    long now = clock.nanos();
    tenants.forEach(
        (tenant, seen) -> {
          synchronized (seen) {
            if (now - seen.touchedNanos > FORGET_NANOS) {
              boolean unused = tenants.remove(tenant, seen);
              return;
            }
            if (seen.asking) {
              return;
            }
            seen.asking = true;
          }
          String log = Keys.of(tenant).log();
          List<Request> both = new ArrayList<>(2);
          both.add(Request.cmd(Command.XLEN).arg(log));
          both.add(Request.cmd(Command.MEMORY).arg("USAGE").arg(log));
          link.batch(both)
              .onComplete(
                  sizes -> learned(seen, number(sizes.get(0)), number(sizes.get(1))),
                  away -> {
                    synchronized (seen) {
                      seen.asking = false;
                    }
                  });
        });
  }

  private static void learned(Seen seen, long messages, long bytes) {
    synchronized (seen) {
      seen.asking = false;
      seen.messages = messages;
      seen.bytes = bytes;
    }
  }

  private static long number(@Nullable Response r) {
    return r == null ? 0 : r.toLong();
  }
}
