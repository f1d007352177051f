package dev.hongyan.tenant.usage;

import dev.hongyan.observability.usage.Used;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Usage in the store: one hash a tenant and day, {@code hy:{t}:usage:<day>}, kept 400 days. */
public final class UsageStore {
  /** For so long a day can be read. */
  public static final int KEPT_DAYS = 400;

  private static final String STORAGE_MESSAGES = "storageMessages";
  private static final String STORAGE_BYTES = "storageBytes";
  private static final Used[] KINDS = Used.values();

  /**
   * KEYS: day, the tenant's configuration (nothing is kept of a tenant that is gone), log. ARGV:
   * the sender and the number of what it sends, so that what was sent twice counts once; seconds it
   * is kept; then fields and what to add to them.
   */
  private static final Script ADD =
      Script.of(
          "usage",
          """
          if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
          if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') >= tonumber(ARGV[2]) then return 0 end
          redis.call('HSET', KEYS[1], ARGV[1], ARGV[2],
            'storageMessages', redis.call('XLEN', KEYS[3]),
            'storageBytes', redis.call('MEMORY', 'USAGE', KEYS[3]) or 0)
          for i = 4, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
          redis.call('EXPIRE', KEYS[1], ARGV[3])
          return 1
          """);

  private final RedisLink link;

  public UsageStore(RedisLink link) {
    this.link = link;
  }

  /**
   * Adds what was counted to a day.
   *
   * @param sender this process
   * @param number grows with each; one that was there already changes nothing
   * @param counts by the ordinal of {@link Used}
   */
  Future<Void> add(String tenant, LocalDate day, String sender, long number, long[] counts) {
    Keys keys = Keys.of(tenant);
    List<Object> args = new ArrayList<>();
    args.add("by:" + sender);
    args.add(number);
    args.add(KEPT_DAYS * 86_400L);
    for (Used kind : KINDS) {
      if (counts[kind.ordinal()] != 0) {
        args.add(kind.field());
        args.add(counts[kind.ordinal()]);
      }
    }
    return link.eval(
            ADD,
            List.of(keys.usage(day.toString()), keys.config("tenant"), keys.log()),
            args.toArray())
        .mapEmpty();
  }

  /** Each day from {@code from} to {@code to}, both included. */
  public Future<List<DayUsage>> read(String tenant, LocalDate from, LocalDate to) {
    Keys keys = Keys.of(tenant);
    List<LocalDate> days = from.datesUntil(to.plusDays(1)).toList();
    return link.batch(days.stream().map(d -> all(keys, d)).toList())
        .map(
            answers -> {
              List<DayUsage> out = new ArrayList<>(days.size());
              for (int i = 0; i < days.size(); i++) {
                out.add(decode(days.get(i), answers.get(i)));
              }
              return out;
            });
  }

  /** One day of many tenants, in their order. */
  public Future<List<DayUsage>> read(List<String> tenants, LocalDate day) {
    return link.batch(tenants.stream().map(t -> all(Keys.of(t), day)).toList())
        .map(answers -> answers.stream().map(a -> decode(day, a)).toList());
  }

  private static Request all(Keys keys, LocalDate day) {
    return Request.cmd(Command.HGETALL).arg(keys.usage(day.toString()));
  }

  private static DayUsage decode(LocalDate day, @Nullable Response r) {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; r != null && i + 1 < r.size(); i += 2) {
      fields.put(r.get(i).toString(), r.get(i + 1).toString());
    }
    Map<Used, Long> counts = new EnumMap<>(Used.class);
    for (Used kind : KINDS) {
      String value = fields.get(kind.field());
      if (value != null) {
        counts.put(kind, Long.parseLong(value));
      }
    }
    return new DayUsage(
        day,
        counts,
        Long.parseLong(fields.getOrDefault(STORAGE_MESSAGES, "0")),
        Long.parseLong(fields.getOrDefault(STORAGE_BYTES, "0")));
  }
}
