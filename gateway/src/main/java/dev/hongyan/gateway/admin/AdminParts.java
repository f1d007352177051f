package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.send.Sends;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.access.OperatorKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the admin API is made of; everything of the event loop it runs on, but for what is shared by
 * the node.
 *
 * @param sessions the live WebSocket sessions of a tenant, on all event loops of this node
 * @param nodes the live nodes
 * @param drain makes a node of that name leave, as SIGTERM does; gives false when no such node is
 *     alive
 * @param newRequestId names a request that came without an id
 */
public record AdminParts(
    TenantService tenants,
    OperatorKey operator,
    ApiKeys keys,
    ClientTokens clientTokens,
    Sealer sealer,
    RedisLink store,
    Publisher publisher,
    LogStore log,
    CursorStore cursors,
    DeadLetterStore deadLetters,
    Metrics metrics,
    Clock clock,
    Function<String, Future<List<SessionView>>> sessions,
    Supplier<Future<List<NodeView>>> nodes,
    Function<String, Future<Boolean>> drain,
    Supplier<String> newRequestId,
    WeChatParts wechat,
    Sends sends) {}
