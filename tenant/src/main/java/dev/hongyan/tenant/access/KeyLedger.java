package dev.hongyan.tenant.access;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one process remembers of API keys: those that were good lately, and when each was used.
 * Share one among all {@link ApiKeys} of a process. Thread-safe.
 *
 * <p>A key is trusted for {@value #TRUST_MILLIS} ms at most, and not a moment longer than it takes
 * to {@link #hear} that it has ended. A use is noted in memory and written by {@link #save}, at
 * most once a minute for each key.
 */
public final class KeyLedger {
  /** The channel on which processes hear which keys have ended. */
  public static final String CHANNEL = "hy:access:keys";

  static final long TRUST_MILLIS = 900;
  private static final long WRITE_EVERY_MILLIS = 60_000;
  private static final int KEYS_MAX = 10_000;

  /** The times of uses, for keys that are still there. */
  private static final Script SAVE =
      Script.of(
          "key-uses",
          """
          for i = 1, #ARGV, 2 do
            if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
              redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
            end
          end
          return 1
          """);

  private final Clock clock;
  private final Map<String, Trusted> trusted = new ConcurrentHashMap<>();
  private final Map<String, Used> used = new ConcurrentHashMap<>();
  private final AtomicLong ended = new AtomicLong();

  private record Trusted(ApiKeys.ApiKey key, long untilNanos) {}

  private static final class Used {
    final String tenant;
    volatile long atMillis;
    volatile long writtenMillis;

    Used(String tenant) {
      this.tenant = tenant;
    }
  }

  public KeyLedger(Clock clock) {
    this.clock = clock;
  }

  /** The key with that digest when it was good lately. */
  ApiKeys.@Nullable ApiKey trusted(String digest) {
    Trusted found = trusted.get(digest);
    return found != null && found.untilNanos() - clock.nanos() > 0 ? found.key() : null;
  }

  /** Grows with each key that ends: what was read from the store before may be past. */
  long ended() {
    return ended.get();
  }

  /**
   * Trusts a key that the store has just shown.
   *
   * @param endedBefore {@link #ended} before the store was asked
   */
  void trust(String digest, ApiKeys.ApiKey key, long endedBefore) {
    if (trusted.size() >= KEYS_MAX) {
      long now = clock.nanos();
      trusted.values().removeIf(t -> t.untilNanos() - now <= 0);
      if (trusted.size() >= KEYS_MAX) {
        trusted.clear(); // costs a look into the store for each
      }
    }
    trusted.put(digest, new Trusted(key, clock.nanos() + TRUST_MILLIS * 1_000_000));
    if (ended.get() != endedBefore) {
      trusted.remove(digest);
    }
  }

  /** A key has ended or was changed, as told on {@link #CHANNEL}: look into the store again. */
  public void hear(String digest) {
    ended.incrementAndGet();
    trusted.remove(digest);
  }

  /** Notes a use; one look-up, no I/O. */
  void use(String tenant, String digest) {
    Used found = used.get(digest);
    if (found == null) {
      if (used.size() >= KEYS_MAX) {
        return; // until the next save has made room
      }
      found = used.computeIfAbsent(digest, d -> new Used(tenant));
    }
    found.atMillis = clock.wallMillis();
  }

  /** Writes the uses that are due; to be called every few seconds, and at the end. */
  public Future<Void> save(RedisLink link) {
    long now = clock.wallMillis();
    Map<String, List<Object>> due = new ConcurrentHashMap<>();
    used.forEach(
        (digest, use) -> {
          long at = use.atMillis;
          boolean late = now - use.writtenMillis >= WRITE_EVERY_MILLIS;
          if (late && at == use.writtenMillis) {
            used.remove(digest, use); // not used since
          } else if (late) {
            List<Object> args = due.computeIfAbsent(use.tenant, t -> new ArrayList<>());
            args.add(digest);
            args.add(Long.toString(at));
            use.writtenMillis = at;
          }
        });
    List<Future<?>> writes = new ArrayList<>();
    due.forEach(
        (tenant, args) -> {
          Keys at = Keys.of(tenant);
          List<String> keys = List.of(at.config(ApiKeys.SECTION), at.config(ApiKeys.USES));
          writes.add(link.eval(SAVE, keys, args.toArray()));
        });
    return Future.join(writes).mapEmpty();
  }
}
