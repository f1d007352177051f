package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.consume.ReplayStore;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.LogTimes;
import dev.hongyan.router.plan.Selections;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.send.Sends;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the admin API is made of; everything of the event loop it runs on, but for what is shared by
 * the node.
 *
 * @param identity who sends requests; shared with the other doors of this loop
 * @param sessions the live WebSocket sessions of a tenant, on all event loops of this node
 * @param nodes the live nodes
 * @param drain makes a node of that name leave, as SIGTERM does; gives false when no such node is
 *     alive
 * @param newName makes up names that no other has: of requests that came without an id, of replays
 */
public record AdminParts(
    TenantService tenants,
    Identity identity,
    ApiKeys keys,
    ClientTokens clientTokens,
    Sealer sealer,
    RedisLink store,
    Publisher publisher,
    LogStore log,
    CursorStore cursors,
    DeadLetterStore deadLetters,
    Work work,
    Metrics metrics,
    Clock clock,
    Function<String, Future<List<SessionView>>> sessions,
    Supplier<Future<List<NodeView>>> nodes,
    Function<String, Future<Boolean>> drain,
    Supplier<String> newName,
    WeChatParts wechat,
    Sends sends) {

  /** What consumers work on, for one event loop. */
  public record Work(
      ConsumerStore consumers,
      DelayStore delays,
      ReplayStore replays,
      Trail trail,
      LogTimes times,
      Selections selections) {

    /**
     * Over an event loop's link.
     *
     * @param newEpoch as {@link LogStore} has it
     */
    public static Work over(RedisLink link, LogStore log, Clock clock, Supplier<String> newEpoch) {
      return new Work(
          new ConsumerStore(link, clock, newEpoch),
          new DelayStore(link, clock, newEpoch),
          new ReplayStore(link, clock),
          new Trail(link, clock, Duration.ZERO), // only read here
          new LogTimes(link, log),
          new Selections(() -> {}));
    }
  }
}
