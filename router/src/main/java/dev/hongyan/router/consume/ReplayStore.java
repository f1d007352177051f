package dev.hongyan.router.consume;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replays in the store: a hash {@code hy:{t}:replays}, and a place in the log for each that runs.
 */
public final class ReplayStore {
  /** Replays a tenant may have, running and over; the oldest that are over go first. */
  public static final int KEPT_MAX = 100;

  /** Replays of a tenant that may run at once. */
  public static final int RUNNING_MAX = 10;

  /**
   * KEYS: head, cursor, replays. ARGV: id, the replay, its place, from, epoch, now (ms), a channel
   * to tell the owner on, tenant. Returns 0 when the log has another life by now.
   */
  private static final Script START =
      Script.of(
          "replay-start",
          """
          if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[5] then return 0 end
          local before = string.format('%.0f', tonumber(ARGV[4]) - 1)
          redis.call('HSET', KEYS[2], ARGV[3], '0 ' .. ARGV[5] .. ' ' .. before .. ' route ' .. ARGV[6]
            .. ' - ' .. before .. ',0,0,0,0,0')
          redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
          redis.call('PUBLISH', ARGV[7], ARGV[8])
          return 1
          """);

  /**
   * KEYS: cursor, replays, parked, parked-events. ARGV: id, the replay, its place, channel, tenant.
   */
  private static final Script END =
      Script.of(
          "replay-end",
          """
          if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
          redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
          redis.call('HDEL', KEYS[1], ARGV[3])
          redis.call('UNLINK', KEYS[3], KEYS[4])
          redis.call('PUBLISH', ARGV[4], ARGV[5])
          return 1
          """);

  private final RedisLink store;
  private final Clock clock;

  public ReplayStore(RedisLink store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** All of a tenant, newest first. */
  public Future<List<Replay>> list(String tenant) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).replays()))
        .map(
            r -> {
              List<Replay> out = new ArrayList<>();
              for (String id : r.getKeys()) {
                out.add(Replay.decode(id, r.get(id).toString()));
              }
              out.sort(
                  Comparator.comparingLong(Replay::createdAtMillis)
                      .reversed()
                      .thenComparing(Replay::id));
              return out;
            });
  }

  /** One, null when there is none of that id. */
  public Future<@Nullable Replay> get(String tenant, String id) {
    return store
        .send(Request.cmd(Command.HGET).arg(Keys.of(tenant).replays()).arg(id))
        .map(r -> r == null ? null : Replay.decode(id, r.toString()));
  }

  /**
   * Starts one; its owner hears of it. Fails with {@link Problem#RATE_LIMITED} when {@value
   * #RUNNING_MAX} run already, {@link Problem#CONFLICT} when the log was replaced meanwhile.
   */
  public Future<Void> start(String tenant, Replay replay) {
    return list(tenant)
        .compose(
            all -> {
              if (all.stream().filter(Replay::isRunning).count() >= RUNNING_MAX) {
                return Future.failedFuture(
                    Problem.RATE_LIMITED.because(RUNNING_MAX + " replays run already"));
              }
              return forgetOldest(tenant, all).compose(done -> begin(tenant, replay));
            });
  }

  private Future<Void> begin(String tenant, Replay replay) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(
            START,
            List.of(keys.head(), keys.cursor(), keys.replays()),
            replay.id(),
            replay.encode(),
            replay.place(),
            replay.from(),
            replay.epoch(),
            clock.wallMillis(),
            Keys.WORK,
            tenant)
        .compose(
            r ->
                r.toInteger() == 1
                    ? Future.succeededFuture()
                    : Future.failedFuture(Problem.CONFLICT.because("the log was replaced")));
  }

  private Future<?> forgetOldest(String tenant, List<Replay> all) {
    Request del = Request.cmd(Command.HDEL).arg(Keys.of(tenant).replays());
    int n = 0;
    for (int i = KEPT_MAX - 1; i < all.size(); i++) {
      if (!all.get(i).isRunning()) {
        del.arg(all.get(i).id());
        n++;
      }
    }
    return n == 0 ? Future.succeededFuture() : store.send(del);
  }

  /** It is over, in this state; its place in the log goes. */
  public Future<Void> end(String tenant, Replay over) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(
            END,
            List.of(
                keys.cursor(),
                keys.replays(),
                keys.parked(over.place()),
                keys.parkedEvents(over.place())),
            over.id(),
            over.encode(),
            over.place(),
            Keys.WORK,
            tenant)
        .mapEmpty();
  }
}
