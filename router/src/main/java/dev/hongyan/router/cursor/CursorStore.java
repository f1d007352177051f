package dev.hongyan.router.cursor;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The floors of durable names in the store. Every attach takes a new generation; a save of an older
 * generation changes nothing and says so, which is how a connection that was replaced finds out, on
 * whatever node it is.
 *
 * <p>A field of {@code hy:{t}:cursor} holds {@code generation epoch floor mode savedAtMillis}, for
 * a shared name followed by its {@link Progress} above the floor. A shared name is kept by its
 * tenant's owner, whose fence is checked too.
 */
public final class CursorStore {
  /** Durable names a tenant may have. */
  public static final int NAMES_MAX = 50_000;

  /**
   * KEYS: head, log, cursor. ARGV: an epoch for a new log, name, mode, seek (1/0), start kind (now,
   * first or at), its epoch, its place, now (ms), most names, fence of the owner (0 for none).
   * Returns known (1/0), generation, epoch and floor as they were before, then the log's epoch,
   * newest, oldest, and the progress that still counts; or just -1 when there are too many names,
   * -2 when the name has another mode, -3 when a newer owner was here.
   */
  private static final Script ATTACH =
      Script.of(
          "attach",
          """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence')
          local fence = tonumber(ARGV[10])
          if fence > 0 then
            if tonumber(h[3] or '0') > fence then return {-3} end
            redis.call('HSET', KEYS[1], 'fence', ARGV[10])
          end
          local seq = tonumber(h[2] or '0')
          local oldest = seq + 1
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if first[1] then oldest = tonumber(string.match(first[1][1], '^%d+')) end
          local known, gen, epoch, floor, done = 0, 0, h[1], seq, ''
          local v = redis.call('HGET', KEYS[3], ARGV[2])
          if v then
            local g, e, f, m, d = string.match(v, '^(%d+) (%S+) (%d+) (%S+) %S+ ?(%S*)')
            if m ~= ARGV[3] then return {-2} end
            known, gen, epoch, floor, done = 1, tonumber(g), e, tonumber(f), d
          elseif redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[9]) then
            return {-1}
          end
          local out = {known, gen + 1, epoch, floor, h[1], seq, oldest}
          if known == 0 or ARGV[4] == '1' then
            epoch, floor, done = h[1], seq, ''
            if ARGV[5] == 'first' then floor = oldest - 1 end
            if ARGV[5] == 'at' then epoch, floor = ARGV[6], tonumber(ARGV[7]) end
          end
          if epoch ~= h[1] or floor > seq then floor, done = oldest - 1, '' end
          if floor < oldest - 1 then floor = oldest - 1 end
          if done ~= '' then done = ' ' .. done end
          redis.call('HSET', KEYS[3], ARGV[2],
            string.format('%d %s %.0f %s %s%s', gen + 1, h[1], floor, ARGV[3], ARGV[8], done))
          out[8] = string.sub(done, 2)
          return out
          """);

  /**
   * KEYS: cursor, head. ARGV: now (ms), then name, generation, epoch, floor for each. Returns for
   * each 1 (still ours), 0 (replaced or forgotten). A floor of a log that was replaced does not
   * overwrite one of the log that is.
   */
  private static final Script SAVE =
      Script.of(
          "save",
          """
          local out, log = {}, redis.call('HGET', KEYS[2], 'epoch')
          for a = 2, #ARGV, 4 do
            local v = redis.call('HGET', KEYS[1], ARGV[a])
            local g, e, f, m
            if v then g, e, f, m = string.match(v, '^(%d+) (%S+) (%d+) (%S+)') end
            if g == ARGV[a + 1] then
              local forward = e == ARGV[a + 2] and tonumber(f) < tonumber(ARGV[a + 3])
              if forward or e ~= ARGV[a + 2] and ARGV[a + 2] == log then
                redis.call('HSET', KEYS[1], ARGV[a],
                  g .. ' ' .. ARGV[a + 2] .. ' ' .. ARGV[a + 3] .. ' ' .. m .. ' ' .. ARGV[1])
              end
              out[#out + 1] = 1
            else
              out[#out + 1] = 0
            end
          end
          return out
          """);

  /**
   * KEYS: head, cursor. ARGV: fence of the owner, now (ms), then name, generation, epoch, floor,
   * progress for each. Returns for each 1 (saved), 0 (no longer ours); of a newer fence all 0.
   */
  private static final Script SAVE_SHARED =
      Script.of(
          "save-shared",
          """
          local out = {}
          local fence = tonumber(ARGV[1])
          local stale = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > fence
          if not stale then redis.call('HSET', KEYS[1], 'fence', ARGV[1]) end
          for a = 3, #ARGV, 5 do
            local v = redis.call('HGET', KEYS[2], ARGV[a])
            if not stale and v and string.match(v, '^%d+') == ARGV[a + 1] then
              local done = ARGV[a + 4]
              if done ~= '' then done = ' ' .. done end
              redis.call('HSET', KEYS[2], ARGV[a], ARGV[a + 1] .. ' ' .. ARGV[a + 2] .. ' '
                .. ARGV[a + 3] .. ' shared ' .. ARGV[2] .. done)
              out[#out + 1] = 1
            else
              out[#out + 1] = 0
            end
          end
          return out
          """);

  /** KEYS: cursor. ARGV: name, generation. */
  private static final Script FORGET =
      Script.of(
          "forget",
          """
          local v = redis.call('HGET', KEYS[1], ARGV[1])
          if v and string.match(v, '^%d+') == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
          return 0
          """);

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;

  public CursorStore(RedisLink store, Clock clock, Supplier<String> newEpoch) {
    this.store = store;
    this.clock = clock;
    this.newEpoch = newEpoch;
  }

  /**
   * A name that is now ours.
   *
   * @param generation of this attach; a later attach of the same name gets a greater one
   * @param resume where reading begins and what is said about it
   * @param progress what is known beyond the start; for shared names
   */
  public record Attached(long generation, Resume resume, Progress progress) {}

  /** What a save carries for one name. */
  public record Save(String name, long generation, Cursor floor) {}

  /** What a save carries for one shared name. */
  public record SharedSave(String name, long generation, Cursor floor, Progress progress) {}

  /** A durable name as it is stored. */
  public record Stored(
      String name, String mode, long generation, Cursor floor, long savedAtMillis) {}

  /**
   * Attaches to a durable name and fences off whoever had it before. A new name begins at {@code
   * at}; a known one goes on where it stood, unless {@code seek}.
   *
   * <p>Fails with {@link Problem#CONFLICT} when the name exists with another mode, {@link
   * Problem#RATE_LIMITED} at {@value #NAMES_MAX} names.
   */
  public Future<Attached> attach(
      String tenant, String name, String mode, StartAt at, boolean seek) {
    return attach(tenant, name, mode, at, seek, 0);
  }

  /**
   * The same for a tenant's owner: fails with {@link Problem#OWNER_MOVED} when one with a greater
   * fence was here.
   */
  public Future<Attached> attach(
      String tenant, String name, String mode, StartAt at, boolean seek, long fence) {
    Keys keys = Keys.of(tenant);
    Cursor c = at.cursor();
    return store
        .eval(
            ATTACH,
            List.of(keys.head(), keys.log(), keys.cursor()),
            newEpoch.get(),
            name,
            mode,
            seek ? "1" : "0",
            c != null ? "at" : at.kind() == StartAt.Kind.FIRST ? "first" : "now",
            c == null ? "" : c.epoch(),
            c == null ? 0L : c.seq(),
            clock.wallMillis(),
            NAMES_MAX,
            fence)
        .compose(r -> attached(r, at, seek));
  }

  private static Future<Attached> attached(Response r, StartAt at, boolean seek) {
    int known = r.get(0).toInteger();
    if (known == -1) {
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("this tenant has " + NAMES_MAX + " durable names"));
    }
    if (known == -2) {
      return Future.failedFuture(Problem.CONFLICT.because("this name is used in another mode"));
    }
    if (known == -3) {
      return Future.failedFuture(Problem.OWNER_MOVED.because(Problem.OWNER_MOVED.title()));
    }
    LogHead log = new LogHead(r.get(4).toString(), r.get(5).toLong(), r.get(6).toLong());
    Resume resume =
        known == 1 && !seek
            ? Resume.at(new Cursor(r.get(2).toString(), r.get(3).toLong()), log)
            : Resume.fresh(at, log);
    return Future.succeededFuture(
        new Attached(r.get(1).toLong(), resume, Progress.parse(r.get(7).toString())));
  }

  /**
   * Saves floors; gives for each whether it was still ours. A floor never goes back within one
   * generation.
   */
  public Future<boolean[]> save(String tenant, List<Save> saves) {
    Object[] args = new Object[1 + 4 * saves.size()];
    args[0] = clock.wallMillis();
    int n = 1;
    for (Save s : saves) {
      args[n++] = s.name();
      args[n++] = s.generation();
      args[n++] = s.floor().epoch();
      args[n++] = s.floor().seq();
    }
    Keys keys = Keys.of(tenant);
    return store.eval(SAVE, List.of(keys.cursor(), keys.head()), args).map(r -> ours(r));
  }

  /**
   * Saves shared names, as the owner of {@code fence}; gives for each whether it was still ours.
   */
  public Future<boolean[]> saveShared(String tenant, long fence, List<SharedSave> saves) {
    Object[] args = new Object[2 + 5 * saves.size()];
    args[0] = fence;
    args[1] = clock.wallMillis();
    int n = 2;
    for (SharedSave s : saves) {
      args[n++] = s.name();
      args[n++] = s.generation();
      args[n++] = s.floor().epoch();
      args[n++] = s.floor().seq();
      args[n++] = s.progress().toString();
    }
    Keys keys = Keys.of(tenant);
    return store.eval(SAVE_SHARED, List.of(keys.head(), keys.cursor()), args).map(r -> ours(r));
  }

  private static boolean[] ours(Response each) {
    boolean[] ours = new boolean[each.size()];
    for (int i = 0; i < ours.length; i++) {
      ours[i] = each.get(i).toInteger() == 1;
    }
    return ours;
  }

  /** Deletes a name, if {@code generation} is still the one that has it. */
  public Future<Boolean> forget(String tenant, String name, long generation) {
    return store
        .eval(FORGET, List.of(Keys.of(tenant).cursor()), name, generation)
        .map(r -> r.toInteger() == 1);
  }

  /** All durable names of a tenant, in no order. */
  public Future<List<Stored>> list(String tenant) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).cursor()))
        .map(
            r -> {
              List<Stored> out = new ArrayList<>();
              for (String name : r.getKeys()) {
                String[] v = r.get(name).toString().split(" ", -1);
                out.add(
                    new Stored(
                        name,
                        v[3],
                        Long.parseLong(v[0]),
                        new Cursor(v[1], Long.parseLong(v[2])),
                        Long.parseLong(v[4])));
              }
              return out;
            });
  }
}
