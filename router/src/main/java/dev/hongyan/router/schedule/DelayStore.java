package dev.hongyan.router.schedule;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.quota.Quotas;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Delayed messages in the store: {@code hy:{t}:due} orders their ids by due time, {@code
 * hy:{t}:task} holds each as {@code length:header event}. All methods fail with {@code
 * STORE_UNAVAILABLE} when the store is away.
 */
public final class DelayStore {
  /** Delayed messages a tenant may have. */
  public static final int PENDING_MAX = 2_000_000;

  /** The longest delay. */
  public static final Duration DELAY_MAX = Duration.ofDays(366);

  /** Most messages that one {@link #fire} puts into the log. */
  static final int AT_ONCE = 100;

  private static final String SEEN_AS = "_delayed";

  /**
   * KEYS: due, task, seen. ARGV: id, due (ms), message, 1 or 0 for having a de-duplication key,
   * seconds it lives, most pending, a channel to tell the owner on, tenant. Returns the id that is
   * kept: another one when this is a repeat, empty when there are too many.
   */
  private static final Script ADD =
      Script.of(
          "delay",
          """
          if ARGV[4] == '1' then
            local first = redis.call('GET', KEYS[3])
            if first then return first end
          end
          if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[6]) then return '' end
          redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
          redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
          if ARGV[4] == '1' then redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[5]) end
          if redis.call('ZRANK', KEYS[1], ARGV[1]) == 0 then redis.call('PUBLISH', ARGV[7], ARGV[8]) end
          return ARGV[1]
          """);

  /**
   * Puts what is due into the log, in the order of its times.
   *
   * <p>KEYS: head, log, marks, due, task. ARGV: an epoch for a new log, now (ms), fence of the
   * owner, most messages, a channel to tell other nodes on (empty for none). Returns the newest
   * place, how many were put there, and when the next is due (-1 for none); just -1 when a newer
   * owner was here.
   */
  private static final Script FIRE =
      Script.of(
          "fire",
          """
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'mark', 'fence')
          if tonumber(h[4] or '0') > tonumber(ARGV[3]) then return {-1} end
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          redis.call('HSET', KEYS[1], 'fence', ARGV[3])
          local before = tonumber(h[2] or '0')
          local seq, n = before, 0
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[2], 'LIMIT', 0, ARGV[4])) do
            local v = redis.call('HGET', KEYS[5], id)
            if v then
              local colon = string.find(v, ':', 1, true)
              local last = colon + tonumber(string.sub(v, 1, colon - 1))
              seq = seq + 1
              redis.call('XADD', KEYS[2], string.format('%.0f-0', seq),
                'h', string.sub(v, colon + 1, last), 'e', string.sub(v, last + 1))
              redis.call('HDEL', KEYS[5], id)
            end
            redis.call('ZREM', KEYS[4], id)
            n = n + 1
          end
          if seq > before then
            redis.call('HSET', KEYS[1], 'seq', seq)
            local now, mark = tonumber(ARGV[2]), tonumber(h[3] or '0')
            if now - mark >= 10000 or mark - now > 3600000 then
              redis.call('HSET', KEYS[1], 'mark', now)
              redis.call('ZADD', KEYS[3], now, before + 1)
            end
            if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[5], seq) end
          end
          local next = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
          return {seq, n, next[2] and tonumber(next[2]) or -1}
          """);

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;
  private final @Nullable Quotas quotas;

  public DelayStore(RedisLink store, Clock clock, Supplier<String> newEpoch) {
    this(store, clock, newEpoch, null);
  }

  /**
   * @param quotas how many a tenant may have; null for no bound but {@value #PENDING_MAX}
   */
  public DelayStore(
      RedisLink store, Clock clock, Supplier<String> newEpoch, @Nullable Quotas quotas) {
    this.quotas = quotas;
    this.store = store;
    this.clock = clock;
    this.newEpoch = newEpoch;
  }

  /**
   * What was kept.
   *
   * @param id of the event; when {@code duplicate}, of the one that was there already
   */
  public record Delayed(long id, boolean duplicate) {}

  /** What a {@link #fire} did; {@code nextMillis} is -1 when nothing waits any more. */
  record Fired(long head, int count, long nextMillis) {}

  /**
   * Keeps a message until {@code dueMillis}; durable when the Future succeeds. Fails with {@link
   * Problem#RATE_LIMITED} at {@value #PENDING_MAX} pending ones, {@link Problem#QUOTA_EXCEEDED} at
   * what the tenant may have, and {@link Problem#TOO_LARGE} as the log does.
   */
  public Future<Delayed> add(NewMessage message, long dueMillis) {
    if (message.event().length > LogAppender.MAX_EVENT_BYTES) {
      return Future.failedFuture(
          Problem.TOO_LARGE.because("event over " + LogAppender.MAX_EVENT_BYTES + " bytes"));
    }
    Keys keys = Keys.of(message.tenant());
    EntryHeader header = message.header();
    String id = name(header.id());
    String dedupe = message.dedupeKey();
    long most = most(message.tenant());
    return store
        .eval(
            ADD,
            List.of(keys.due(), keys.task(), keys.seen(SEEN_AS, dedupe == null ? "" : dedupe)),
            id,
            dueMillis,
            encode(header, message.event()),
            dedupe == null ? "0" : "1",
            LogAppender.DEDUPE_SECONDS,
            most,
            Keys.WORK,
            message.tenant())
        .compose(
            r -> {
              String kept = r.toString();
              return kept.isEmpty()
                  ? Future.failedFuture(full(message.tenant(), most))
                  : Future.succeededFuture(new Delayed(Long.parseLong(kept), !kept.equals(id)));
            });
  }

  private long most(String tenant) {
    Long max = quotas == null ? null : quotas.of(tenant).max().pendingTimers();
    return max == null ? PENDING_MAX : Math.min(PENDING_MAX, max);
  }

  private ProblemException full(String tenant, long most) {
    String why = "This tenant has " + most + " delayed messages, and may have no more";
    return quotas == null || most == PENDING_MAX
        ? Problem.RATE_LIMITED.because(why)
        : quotas.exceeded(tenant, "timers", why);
  }

  private static byte[] encode(EntryHeader header, byte[] event) {
    byte[] head = header.encode();
    byte[] length = (head.length + ":").getBytes(StandardCharsets.US_ASCII);
    byte[] out = new byte[length.length + head.length + event.length];
    System.arraycopy(length, 0, out, 0, length.length);
    System.arraycopy(head, 0, out, length.length, head.length);
    System.arraycopy(event, 0, out, length.length + head.length, event.length);
    return out;
  }

  /** How many messages of a tenant wait. */
  public Future<Long> pending(String tenant) {
    return store.send(Request.cmd(Command.ZCARD).arg(Keys.of(tenant).due())).map(r -> r.toLong());
  }

  /** A message that waits. */
  public record Waiting(EntryHeader header, byte[] event, long dueMillis) {}

  /** When a message is due, ms since 1970; -1 when none of that id waits. */
  public Future<Long> dueOf(String tenant, long id) {
    return store
        .send(Request.cmd(Command.ZSCORE).arg(Keys.of(tenant).due()).arg(name(id)))
        .map(r -> r == null ? -1L : (long) Double.parseDouble(r.toString()));
  }

  /** A message that waits; null when none of that id does. */
  public Future<@Nullable Waiting> get(String tenant, long id) {
    Keys keys = Keys.of(tenant);
    return store
        .batch(
            List.of(
                Request.cmd(Command.ZSCORE).arg(keys.due()).arg(name(id)),
                Request.cmd(Command.HGET).arg(keys.task()).arg(name(id))))
        .map(
            both -> {
              Response due = both.get(0);
              Response task = both.get(1);
              return due == null || task == null
                  ? null
                  : decode(task.toBytes(), (long) Double.parseDouble(due.toString()));
            });
  }

  private static Waiting decode(byte[] task, long dueMillis) {
    int colon = 0;
    int length = 0;
    for (; task[colon] != ':'; colon++) {
      length = length * 10 + (task[colon] - '0');
    }
    int event = colon + 1 + length;
    return new Waiting(
        EntryHeader.decode(new String(task, colon + 1, length, StandardCharsets.UTF_8)),
        Arrays.copyOfRange(task, event, task.length),
        dueMillis);
  }

  /** Of the same length for every id, so that ids of one due time stand in their own order. */
  private static String name(long id) {
    return "%020d".formatted(id);
  }

  /** When the next message of each tenant is due, ms since 1970; -1 for none. */
  Future<List<Long>> next(List<String> tenants) {
    List<Request> all = new ArrayList<>(tenants.size());
    for (String t : tenants) {
      all.add(Request.cmd(Command.ZRANGE).arg(Keys.of(t).due()).arg(0).arg(0).arg("WITHSCORES"));
    }
    return store
        .batch(all)
        .map(
            replies -> {
              List<Long> out = new ArrayList<>(replies.size());
              for (Response r : replies) {
                out.add(r == null || r.size() == 0 ? -1L : (long) Double.parseDouble(score(r)));
              }
              return out;
            });
  }

  /** RESP 3 nests the pair, RESP 2 does not. */
  private static String score(Response r) {
    Response first = r.get(0);
    return r.size() == 1 ? first.get(1).toString() : r.get(1).toString();
  }

  /** Puts what is due into the log; fails with {@link Problem#OWNER_MOVED} for an old fence. */
  Future<Fired> fire(String tenant, long fence, boolean tellOthers) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(
            FIRE,
            List.of(keys.head(), keys.log(), keys.marks(), keys.due(), keys.task()),
            newEpoch.get(),
            clock.wallMillis(),
            fence,
            AT_ONCE,
            tellOthers ? keys.hints() : "")
        .compose(
            r ->
                r.size() == 1
                    ? Future.failedFuture(Problem.OWNER_MOVED.because(Problem.OWNER_MOVED.title()))
                    : Future.succeededFuture(
                        new Fired(r.get(0).toLong(), r.get(1).toInteger(), r.get(2).toLong())));
  }
}
