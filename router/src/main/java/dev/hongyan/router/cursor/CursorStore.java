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
   * KEYS: head, log, cursor. ARGV: an epoch for a new log, now (ms), most names, fence of the owner
   * (0 for none), then for each name: it, mode, seek (1/0), start kind (now, first or at), its
   * epoch, its place. Returns the log's epoch, newest, oldest, then for each name known (1/0),
   * generation, epoch and floor as they were before, and the progress that still counts; or just -1
   * when there are too many names, -2 when the name has another mode. Only {@code {-3}} when a
   * newer owner was here.
   */
  private static final Script ATTACH =
      Script.of(
          "attach",
          """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence')
          local fence = tonumber(ARGV[4])
          if fence > 0 then
            if tonumber(h[3] or '0') > fence then return {-3} end
            redis.call('HSET', KEYS[1], 'fence', ARGV[4])
          end
          local seq = tonumber(h[2] or '0')
          local oldest = seq + 1
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if first[1] then oldest = tonumber(string.match(first[1][1], '^%d+')) end
          local names = redis.call('HLEN', KEYS[3])

          local function attach(name, mode, seek, kind, at_epoch, at)
            local known, gen, epoch, floor, done = 0, 0, h[1], seq, ''
            local v = redis.call('HGET', KEYS[3], name)
            if v then
              local g, e, f, m, d = string.match(v, '^(%d+) (%S+) (%d+) (%S+) %S+ ?(%S*)')
              if m ~= mode then return {-2} end
              known, gen, epoch, floor, done = 1, tonumber(g), e, tonumber(f), d
            elseif names >= tonumber(ARGV[3]) then
              return {-1}
            else
              names = names + 1
            end
            local out = {known, gen + 1, epoch, floor}
            if known == 0 or seek == '1' then
              epoch, floor, done = h[1], seq, ''
              if kind == 'first' then floor = oldest - 1 end
              if kind == 'at' then epoch, floor = at_epoch, tonumber(at) end
            end
            if epoch ~= h[1] or floor > seq then floor, done = oldest - 1, '' end
            if floor < oldest - 1 then floor = oldest - 1 end
            if done ~= '' then done = ' ' .. done end
            redis.call('HSET', KEYS[3], name,
              string.format('%d %s %.0f %s %s%s', gen + 1, h[1], floor, mode, ARGV[2], done))
            out[5] = string.sub(done, 2)
            return out
          end

          local all = {h[1], seq, oldest}
          for a = 5, #ARGV, 6 do
            all[#all + 1] =
              attach(ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5])
          end
          return all
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

  /**
   * What an attach asks for one name.
   *
   * @param at where a new name begins, and a known one with {@code seek}
   */
  public record Attach(String name, String mode, StartAt at, boolean seek) {}

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
    return attach(tenant, List.of(new Attach(name, mode, at, seek)), fence)
        .compose(each -> each.get(0));
  }

  /**
   * The same for many names in one call; each has an outcome of its own, completed already. Asked
   * twice for one name, the later has it.
   */
  public Future<List<Future<Attached>>> attach(String tenant, List<Attach> names) {
    return attach(tenant, names, 0);
  }

  private Future<List<Future<Attached>>> attach(String tenant, List<Attach> names, long fence) {
    Object[] args = new Object[4 + 6 * names.size()];
    args[0] = newEpoch.get();
    args[1] = clock.wallMillis();
    args[2] = NAMES_MAX;
    args[3] = fence;
    int n = 4;
    for (Attach a : names) {
      Cursor c = a.at().cursor();
      args[n++] = a.name();
      args[n++] = a.mode();
      args[n++] = a.seek() ? "1" : "0";
      args[n++] = c != null ? "at" : a.at().kind() == StartAt.Kind.FIRST ? "first" : "now";
      args[n++] = c == null ? "" : c.epoch();
      args[n++] = c == null ? 0L : c.seq();
    }
    Keys keys = Keys.of(tenant);
    return store
        .eval(ATTACH, List.of(keys.head(), keys.log(), keys.cursor()), args)
        .compose(r -> attached(r, names));
  }

  private static Future<List<Future<Attached>>> attached(Response r, List<Attach> names) {
    if (r.size() == 1) {
      return Future.failedFuture(Problem.OWNER_MOVED.because(Problem.OWNER_MOVED.title()));
    }
    LogHead log = new LogHead(r.get(0).toString(), r.get(1).toLong(), r.get(2).toLong());
    List<Future<Attached>> out = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      out.add(attached(r.get(3 + i), log, names.get(i)));
    }
    return Future.succeededFuture(out);
  }

  private static Future<Attached> attached(Response r, LogHead log, Attach asked) {
    int known = r.get(0).toInteger();
    if (known == -1) {
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("this tenant has " + NAMES_MAX + " durable names"));
    }
    if (known == -2) {
      return Future.failedFuture(Problem.CONFLICT.because("this name is used in another mode"));
    }
    Resume resume =
        known == 1 && !asked.seek()
            ? Resume.at(new Cursor(r.get(2).toString(), r.get(3).toLong()), log)
            : Resume.fresh(asked.at(), log);
    return Future.succeededFuture(
        new Attached(r.get(1).toLong(), resume, Progress.parse(r.get(4).toString())));
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
