package dev.hongyan.token.store;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Credential;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.lease.LeaseEffect;
import dev.hongyan.token.lease.LeaseEvent;
import dev.hongyan.token.lease.StoredToken;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens in Redis, one string per credential: {@code <fence> <generation> <life in ms> <sealed
 * value>}, with the rest of its life as time to live. The numbers in front are sealed with it, and
 * so is the appid: what belongs to another app, or was changed, reads as if it were not there.
 *
 * <p>Beside it, for the time of a refresh, {@code …:lock} (the fence of whoever is at it), and
 * {@code …:fence} (the last number given out), {@code …:cool} (the generation that was replaced
 * because WeChat refused it), {@code …:forced} (forced refreshes of the day in China).
 */
public final class TokenStore {
  private static final Logger LOG = LoggerFactory.getLogger(TokenStore.class);

  // The number of a refresh is the server's clock in microseconds, or one more: it grows also when
  // the counter was lost. Micros fit a double until 2255.
  private static final Script ASK =
      Script.of(
          "token-ask",
          """
          local known, stale, force = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4] == '1'
          local stored, left, fence, generation = redis.call('GET', KEYS[1]), 0, 0, 0
          if stored then
            local f, g = string.match(stored, '^(%d+) (%d+) ')
            if f then
              fence, generation = tonumber(f), tonumber(g)
              left = redis.call('PTTL', KEYS[1])
              if ARGV[9] ~= '1' and not force and left > 0 and fence > known and generation > stale
              then return {'found', stored, left} end
            else stored = false end
          end
          local held = redis.call('PTTL', KEYS[2])
          if held > 0 then return {'held', held} end
          local clock = redis.call('TIME')
          local seconds, micros = tonumber(clock[1]), tonumber(clock[2])
          local now = seconds * 1000000 + micros
          if force then
            local day = math.floor((seconds + 28800) / 86400)
            local count = 0
            local before = redis.call('GET', KEYS[5])
            if before then
              local d, c, at = string.match(before, '^(%d+) (%d+) (%d+)$')
              local wait = tonumber(ARGV[7]) - math.floor((now - tonumber(at)) / 1000)
              if wait > 0 then return {'limited', wait} end
              if tonumber(d) == day then count = tonumber(c) end
            end
            if count >= tonumber(ARGV[8]) then
              return {'limited', ((day + 1) * 86400 - 28800 - seconds) * 1000}
            end
            redis.call('SET', KEYS[5], day .. ' ' .. (count + 1) .. ' ' ..
                string.format('%.0f', now), 'PX', 172800000)
          elseif ARGV[3] == '1' and ARGV[9] ~= '1' and stored and generation == stale and left > 0 then
            local cool = redis.call('GET', KEYS[4])
            if cool and cool ~= ARGV[2] then
              return {'cooling', stored, left, redis.call('PTTL', KEYS[4])}
            end
            if not cool then redis.call('SET', KEYS[4], ARGV[2], 'PX', ARGV[6]) end
          end
          local last = redis.call('GET', KEYS[3])
          local next = math.max(now, fence + 1, known + 1, stale + 1)
          if last then next = math.max(next, tonumber(last) + 1) end
          local text = string.format('%.0f', next)
          redis.call('SET', KEYS[3], text, 'PX', 86400000)
          redis.call('SET', KEYS[2], text, 'PX', ARGV[5])
          return {'locked', text, stored or '', left}
          """);

  private static final Script SAVE =
      Script.of(
          "token-save",
          """
          local held = redis.call('GET', KEYS[2])
          local stored = redis.call('GET', KEYS[1])
          local mine = held == ARGV[1]
          if stored then
            local f = string.match(stored, '^(%d+) ')
            if f and tonumber(f) > tonumber(ARGV[1]) then
              if mine then redis.call('DEL', KEYS[2]) end
              return {'overtaken', stored, redis.call('PTTL', KEYS[1])}
            end
          end
          if held and not mine then return {'lost'} end
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          if mine then redis.call('DEL', KEYS[2]) end
          return {'saved'}
          """);

  private static final Script KEEP =
      Script.of(
          "token-keep",
          """
          if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
          return redis.call('PEXPIRE', KEYS[1], ARGV[2])
          """);

  private static final Script RELEASE =
      Script.of(
          "token-release",
          """
          if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
          return redis.call('DEL', KEYS[1])
          """);

  private final RedisLink link;
  private final Sealer sealer;
  private final Clock clock;
  private final Limits limits;

  /**
   * The numbers behind the keys.
   *
   * @param lock how long a lock lasts without {@link #keep}: after the death of its holder nobody
   *     refreshes for so long; default 1.5 s
   * @param cool how long a refused token is not replaced after another one was; default 30 s
   * @param forcedApart between forced refreshes; WeChat ignores those that come within 30 s
   * @param forcedPerDay forced refreshes; WeChat allows 20
   */
  public record Limits(Duration lock, Duration cool, Duration forcedApart, int forcedPerDay) {
    public static final Limits DEFAULT =
        new Limits(Duration.ofMillis(1500), Duration.ofSeconds(30), Duration.ofSeconds(30), 20);
  }

  public TokenStore(RedisLink link, Sealer sealer, Clock clock, Limits limits) {
    this.link = link;
    this.sealer = sealer;
    this.clock = clock;
    this.limits = limits;
  }

  /** Answers {@code ask} in the words of the lease; never fails. */
  public Future<LeaseEvent> ask(Credential of, AppCredentials app, LeaseEffect.Ask ask) {
    return ask(of, app, ask, false)
        .recover(
            e -> {
              LOG.debug("The store was not asked for {}: {}", of, e.getMessage());
              return Future.succeededFuture(
                  new LeaseEvent.StoreAway(ask.attempt(), clock.wallMillis() * 1000));
            });
  }

  private Future<LeaseEvent> ask(
      Credential of, AppCredentials app, LeaseEffect.Ask ask, boolean ignoreStored) {
    Names names = names(of, app);
    return link.eval(
            ASK,
            List.of(names.token, names.lock, names.fence, names.cool, names.forced),
            ask.knownFence(),
            ask.stale(),
            ask.replacing() ? 1 : 0,
            ask.force() ? 1 : 0,
            limits.lock().toMillis(),
            limits.cool().toMillis(),
            limits.forcedApart().toMillis(),
            limits.forcedPerDay(),
            ignoreStored ? 1 : 0)
        .compose(
            answer -> {
              Response a = require(answer);
              long attempt = ask.attempt();
              switch (a.get(0).toString()) {
                case "held" -> {
                  return told(new LeaseEvent.Held(attempt, a.get(1).toLong()));
                }
                case "limited" -> {
                  return told(new LeaseEvent.ForceLimited(attempt, a.get(1).toLong()));
                }
                case "locked" -> {
                  StoredToken before = open(of, app, a.get(2).toString(), a.get(3).toLong());
                  return told(new LeaseEvent.Locked(attempt, a.get(1).toLong(), before));
                }
                case "cooling" -> {
                  StoredToken token = open(of, app, a.get(1).toString(), a.get(2).toLong());
                  if (token != null) {
                    return told(new LeaseEvent.Cooling(attempt, token, a.get(3).toLong()));
                  }
                }
                default -> {
                  StoredToken token = open(of, app, a.get(1).toString(), a.get(2).toLong());
                  if (token != null) {
                    return told(new LeaseEvent.Found(attempt, token));
                  }
                }
              }
              // It is there but cannot be opened: of another app, or another master key.
              return ignoreStored
                  ? Future.failedFuture("a stored token cannot be opened")
                  : ask(of, app, ask, true);
            });
  }

  /** Stores a token unless a newer one is there; never fails. */
  public Future<LeaseEvent> save(Credential of, AppCredentials app, LeaseEffect.Save save) {
    Names names = names(of, app);
    StoredToken token = save.token();
    return link.eval(
            SAVE,
            List.of(names.token, names.lock),
            token.fence(),
            seal(of, app, token),
            Math.max(1, token.leftMillis()))
        .map(
            answer -> {
              Response a = require(answer);
              LeaseEvent event =
                  switch (a.get(0).toString()) {
                    case "saved" -> new LeaseEvent.Saved(save.attempt());
                    case "lost" -> new LeaseEvent.Lost(save.attempt());
                    default -> {
                      StoredToken newer = open(of, app, a.get(1).toString(), a.get(2).toLong());
                      yield newer == null
                          ? new LeaseEvent.Saved(save.attempt())
                          : new LeaseEvent.Overtaken(save.attempt(), newer);
                    }
                  };
              return event;
            })
        .recover(
            e -> {
              LOG.warn("A token of {} was not stored: {}", of, e.getMessage());
              return Future.succeededFuture(new LeaseEvent.Saved(save.attempt()));
            });
  }

  /** Lets the lock of that fence last for its full time again; false when it is another's now. */
  public Future<Boolean> keep(Credential of, AppCredentials app, long fence) {
    return link.eval(KEEP, List.of(names(of, app).lock), fence, limits.lock().toMillis())
        .map(r -> require(r).toInteger() == 1);
  }

  /** Gives the lock of that fence back, if it is still there. */
  public Future<Void> release(Credential of, AppCredentials app, long fence) {
    return link.eval(RELEASE, List.of(names(of, app).lock), fence).mapEmpty();
  }

  private String seal(Credential of, AppCredentials app, StoredToken token) {
    String head = token.fence() + " " + token.generation() + " " + token.lifeMillis();
    return head + " " + sealer.seal(context(of, app, head), token.value().reveal());
  }

  private @Nullable StoredToken open(
      Credential of, AppCredentials app, String text, long leftMillis) {
    int sealed = text.lastIndexOf(' ');
    if (sealed < 0 || leftMillis <= 0) {
      return null;
    }
    String head = text.substring(0, sealed);
    try {
      Secret value = sealer.open(context(of, app, head), text.substring(sealed + 1));
      String[] numbers = head.split(" ", 3);
      return new StoredToken(
          value,
          Long.parseLong(numbers[0]),
          Long.parseLong(numbers[1]),
          Long.parseLong(numbers[2]),
          leftMillis);
    } catch (Sealer.SealBroken e) {
      LOG.info("The stored token of {} is left aside: it is of another app or master key", of);
      return null;
    }
  }

  private static String context(Credential of, AppCredentials app, String head) {
    return SealContext.token(of.tenant(), of.account(), kind(of, app), app.appId(), head);
  }

  private static String kind(Credential of, AppCredentials app) {
    return of.kind() == TokenKind.ACCESS ? app.mode().text() : of.kind().text();
  }

  private static Names names(Credential of, AppCredentials app) {
    Keys keys = Keys.of(of.tenant());
    String kind = kind(of, app);
    return new Names(
        keys.token(of.account(), kind),
        keys.token(of.account(), kind + ":lock"),
        keys.token(of.account(), kind + ":fence"),
        keys.token(of.account(), kind + ":cool"),
        keys.token(of.account(), kind + ":forced"));
  }

  private record Names(String token, String lock, String fence, String cool, String forced) {}

  private static Future<LeaseEvent> told(LeaseEvent event) {
    return Future.succeededFuture(event);
  }

  private static Response require(@Nullable Response response) {
    if (response == null) {
      throw new IllegalStateException("a script answered nothing");
    }
    return response;
  }
}
