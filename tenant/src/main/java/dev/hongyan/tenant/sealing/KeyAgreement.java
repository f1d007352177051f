package dev.hongyan.tenant.sealing;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.secret.Keyring;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which master key seals, decided by all nodes together: each says every second which keys it knows
 * and which one it wants. Once all that live want the same one, that one seals, and not before; so
 * there is no moment in which a node meets a text that it cannot open. When all use it, one of them
 * seals anew what is under other keys.
 *
 * <p>For one event loop.
 */
public final class KeyAgreement {
  private static final Logger LOG = LoggerFactory.getLogger(KeyAgreement.class);
  private static final Duration EVERY = Duration.ofSeconds(1);

  /** A node that has not said anything for so many seconds is gone. */
  private static final int GONE_AFTER_SECONDS = 15;

  // The fields: active, since (s), done (the key that everything was found sealed with), worker,
  // and node:<name> with "<s> <wanted> <used> <known,…>".
  private static final Script SAY =
      Script.of(
          "sealing-say",
          """
          local now = tonumber(redis.call('TIME')[1])
          redis.call('HSET', KEYS[1], 'node:' .. ARGV[1],
              now .. ' ' .. ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
          local all = redis.call('HGETALL', KEYS[1])
          local has, lives, agreed = {}, {}, true
          for i = 1, #all, 2 do
            local name = string.match(all[i], '^node:(.+)$')
            if name then
              local at, wanted, used = string.match(all[i + 1], '^(%d+) (%S+) (%S+) ')
              if now - tonumber(at) > tonumber(ARGV[5]) then redis.call('HDEL', KEYS[1], all[i])
              else
                lives[name] = used
                if wanted ~= ARGV[2] then agreed = false end
              end
            else has[all[i]] = all[i + 1] end
          end
          local active = has.active or ''
          if active ~= ARGV[2] and agreed then
            active = ARGV[2]
            redis.call('HSET', KEYS[1], 'active', active, 'since', now)
          end
          local used = true
          for _, key in pairs(lives) do if key ~= active then used = false end end
          local worker = ''
          if used and has.done ~= active then
            worker = has.worker or ''
            if not lives[worker] then
              worker = ARGV[1]
              redis.call('HSET', KEYS[1], 'worker', worker)
            end
          end
          return {active, worker}
          """);

  private static final Script DONE =
      Script.of(
          "sealing-done",
          """
          if redis.call('HGET', KEYS[1], 'active') ~= ARGV[1] then return 0 end
          redis.call('HSET', KEYS[1], 'done', ARGV[1])
          return 1
          """);

  private static final Script LEAVE =
      Script.of("sealing-leave", "return redis.call('HDEL', KEYS[1], 'node:' .. ARGV[1])");

  private static final List<String> KEY = List.of(Keys.SEALING);

  private final String node;
  private final Sealer sealer;
  private final Callable<Keyring> source;
  private final Function<Callable<Keyring>, Future<Keyring>> blocking;
  private final RedisLink link;
  private final Timers timers;
  private final AtomicLong resealed = new AtomicLong();
  private volatile State state = new State("", "", false, 0, List.of(), null);
  private @Nullable SealedTexts texts;
  private Timers.@Nullable Cancellable next;
  private boolean stopped;
  private boolean working;
  private String complained = "";

  /**
   * How far it is, as this node sees it.
   *
   * @param active the key that seals; empty before the start
   * @param wanted the first of this node's keys
   * @param resealing whether this node seals anew just now
   * @param resealed how many texts this node has sealed anew since its start
   * @param stuck some that cannot be
   * @param trouble what an operator should see to; null: nothing
   */
  public record State(
      String active,
      String wanted,
      boolean resealing,
      long resealed,
      List<String> stuck,
      @Nullable String trouble) {}

  /**
   * For the context of {@code link} and {@code timers}.
   *
   * @param source reads the keys that this node knows; may block
   * @param blocking runs that elsewhere
   */
  public KeyAgreement(
      String node,
      Sealer sealer,
      Callable<Keyring> source,
      Function<Callable<Keyring>, Future<Keyring>> blocking,
      RedisLink link,
      Timers timers) {
    this.node = node;
    this.sealer = sealer;
    this.source = source;
    this.blocking = blocking;
    this.link = link;
    this.timers = timers;
  }

  /**
   * Joins the others; before anything is sealed or opened. Fails when they seal with a key that is
   * not known here.
   */
  public Future<Void> join() {
    return say()
        .compose(
            heard ->
                sealer.keys().find(heard.active) == null
                    ? leave()
                        .compose(
                            left -> Future.failedFuture(new IOException(unknown(heard.active))))
                    : Future.succeededFuture());
  }

  /** From now on follows the file and the others, and seals anew when it is this node's turn. */
  public void follow(SealedTexts all) {
    texts = all;
    schedule();
  }

  public State state() {
    State s = state;
    return new State(s.active, s.wanted, s.resealing, resealed.get(), s.stuck, s.trouble);
  }

  /** Stops; the others need not wait for this node any more. */
  public Future<Void> stop() {
    stopped = true;
    if (next != null) {
      next.cancel();
    }
    return leave().otherwiseEmpty();
  }

  private Future<Void> leave() {
    return link.eval(LEAVE, KEY, node).mapEmpty();
  }

  private void schedule() {
    if (!stopped) {
      next = timers.after(EVERY, this::turn);
    }
  }

  private void turn() {
    var unused =
        blocking
            .apply(source)
            .map(
                read -> {
                  sealer.use(read.sealingWith(sealer.keys().sealing().id()));
                  return (String) null;
                })
            .recover(
                e ->
                    Future.succeededFuture(
                        "the master keys cannot be read, the former ones stay: " + e.getMessage()))
            .compose(trouble -> say().map(heard -> heard(heard, trouble)))
            .onFailure(e -> LOG.debug("the store was not asked for the key: {}", e.getMessage()))
            .onComplete(done -> schedule());
  }

  private record Heard(String active, String worker) {}

  private Future<Heard> say() {
    Keyring keys = sealer.keys();
    return link.eval(
            SAY,
            KEY,
            node,
            keys.wanted(),
            keys.sealing().id(),
            String.join(",", keys.ids()),
            GONE_AFTER_SECONDS)
        .map(
            answer -> {
              Response a = Objects.requireNonNull(answer);
              Heard heard = new Heard(a.get(0).toString(), a.get(1).toString());
              Keyring before = sealer.keys();
              sealer.use(before.sealingWith(heard.active));
              return heard;
            });
  }

  private Void heard(Heard heard, @Nullable String trouble) {
    Keyring keys = sealer.keys();
    String problem = keys.find(heard.active) == null ? unknown(heard.active) : trouble;
    if (!heard.active.equals(state.active) && problem == null) {
      LOG.info("master key {} seals from now on", heard.active);
    }
    if (problem != null && !problem.equals(complained)) {
      LOG.error("{}", problem);
    }
    complained = problem == null ? "" : problem;
    state = new State(heard.active, keys.wanted(), working, resealed.get(), state.stuck, problem);
    if (heard.worker.equals(node) && !working && problem == null) {
      work(heard.active);
    }
    return null;
  }

  private void work(String active) {
    SealedTexts all = texts;
    if (all == null) {
      return;
    }
    working = true;
    var unused =
        all.reseal(resealed)
            .compose(
                found -> {
                  List<String> stuck = found.stuck();
                  if (!stuck.equals(state.stuck) && !stuck.isEmpty()) {
                    LOG.error("cannot be sealed with the new master key: {}", stuck);
                  }
                  if (found.resealed() > 0) {
                    LOG.info("{} texts were sealed with master key {}", found.resealed(), active);
                  }
                  state =
                      new State(
                          state.active, state.wanted, true, resealed.get(), stuck, state.trouble);
                  // A walk that had to change something is no proof that nothing came meanwhile.
                  return found.besides(active) == 0 && found.resealed() == 0
                      ? link.eval(DONE, KEY, active).compose(done -> forget())
                      : Future.succeededFuture();
                })
            .onFailure(e -> LOG.warn("sealing anew was broken off: {}", e.getMessage()))
            .onComplete(done -> working = false);
  }

  /** What was sealed before is still in the history on the disk until that is written anew. */
  private Future<Void> forget() {
    return resealed.get() == 0
        ? Future.succeededFuture()
        : link.send(Request.cmd(Command.BGREWRITEAOF))
            .<Void>mapEmpty()
            .onFailure(e -> LOG.debug("the store does not rewrite its file: {}", e.getMessage()))
            .otherwiseEmpty();
  }

  private String unknown(String active) {
    return "master key "
        + active
        + " seals on the other nodes and is not known here, where there is "
        + sealer.keys().ids()
        + "; add it to the file of master keys";
  }
}
