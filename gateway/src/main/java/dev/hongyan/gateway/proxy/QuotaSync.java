package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shares the ledger's counts and holds with the other nodes and with those that come after a
 * restart: every two seconds what was used since is added to the store, and what the others added
 * comes back (within half a minute where a node has no calls of its own). While the store is away
 * each node knows its own; nothing is refused for that.
 */
public final class QuotaSync implements AutoCloseable {
  private static final Duration EVERY = Duration.ofSeconds(2);

  /** Accounts that rest are looked after every half a minute. */
  private static final int QUIET_ROUNDS = 15;

  private static final String KEEP_SECONDS = "172800";

  private final QuotaLedger ledger;
  private final RedisLink link;
  private final Clock clock;
  private final Timers.Cancellable round;
  private boolean busy;
  private long rounds;

  /**
   * @param timers on whose thread this works
   */
  public QuotaSync(QuotaLedger ledger, RedisLink link, Clock clock, Timers timers) {
    this.ledger = ledger;
    this.link = link;
    this.clock = clock;
    this.round = timers.every(EVERY, this::run);
  }

  @Override
  public void close() {
    round.cancel();
  }

  private synchronized void run() {
    ledger.measure();
    if (busy) {
      return;
    }
    busy = true;
    rounds++;
    // One round at a time, so a slow store is not asked more and more.
    List<Future<?>> asked = new ArrayList<>();
    ledger.each((tenant, account, apis) -> asked.add(exchange(Keys.of(tenant), account, apis)));
    var unused =
        Future.join(asked)
            .onComplete(
                done -> {
                  synchronized (this) {
                    busy = false;
                  }
                });
  }

  private Future<?> exchange(Keys keys, String account, Iterable<ApiQuota> apis) {
    long now = clock.wallMillis();
    long day = ApiQuota.dayOf(now);
    String counts = keys.quota(account, day);
    String holds = keys.quotaHolds(account);
    List<Future<?>> sent = new ArrayList<>();
    if (ledger.takeCleared(keys.tenant(), account)) {
      sent.add(link.send(Request.cmd(Command.DEL).arg(counts)));
      sent.add(link.send(Request.cmd(Command.DEL).arg(holds)));
    }
    boolean held = false;
    for (ApiQuota quota : apis) {
      long more = quota.takeUnsaved();
      if (more > 0) {
        sent.add(
            link.send(Request.cmd(Command.HINCRBY).arg(counts).arg(quota.api()).arg(more))
                .onFailure(away -> quota.giveBack(day, more)));
      }
      String hold = quota.takeNewHold(now);
      if (hold != null) {
        sent.add(link.send(Request.cmd(Command.HSET).arg(holds).arg(quota.api()).arg(hold)));
      }
      held |= quota.isHeld(now);
    }
    if (sent.isEmpty() && !held && rounds % QUIET_ROUNDS != 0) {
      return Future.succeededFuture();
    }
    sent.add(link.send(Request.cmd(Command.EXPIRE).arg(counts).arg(KEEP_SECONDS)));
    sent.add(link.send(Request.cmd(Command.EXPIRE).arg(holds).arg(KEEP_SECONDS)));
    sent.add(
        link.send(Request.cmd(Command.HGETALL).arg(counts))
            .onSuccess(
                all -> {
                  Map<String, String> totals = pairs(all);
                  for (ApiQuota quota : apis) {
                    String total = totals.get(quota.api());
                    quota.total(day, total == null ? 0 : Long.parseLong(total));
                  }
                }));
    sent.add(
        link.send(Request.cmd(Command.HGETALL).arg(holds))
            .onSuccess(all -> learn(apis, all, clock.wallMillis())));
    return Future.join(sent);
  }

  private static void learn(Iterable<ApiQuota> apis, @Nullable Response all, long now) {
    Map<String, String> holds = pairs(all);
    for (ApiQuota quota : apis) {
      quota.heldElsewhere(holds.get(quota.api()), now);
    }
  }

  private static Map<String, String> pairs(@Nullable Response all) {
    Map<String, String> pairs = new HashMap<>();
    for (int i = 0; all != null && i + 1 < all.size(); i += 2) {
      pairs.put(all.get(i).toString(), all.get(i + 1).toString());
    }
    return pairs;
  }
}
