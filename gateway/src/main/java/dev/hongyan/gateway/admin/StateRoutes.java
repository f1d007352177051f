package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.log.LogHead;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is going on: durable subscriptions, live sessions, nodes. */
final class StateRoutes {
  private static final String TENANT = AdminRoutes.PREFIX + "/tenants/{tenant}";

  private final AdminParts parts;

  private StateRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    StateRoutes routes = new StateRoutes(parts);
    to.get(TENANT + "/subscriptions", Need.GUEST, routes::subscriptions);
    to.get(TENANT + "/sessions", Need.GUEST, routes::sessions);
    to.get(AdminRoutes.PREFIX + "/nodes", Need.OPERATOR, routes::nodes);
    to.post(AdminRoutes.PREFIX + "/nodes/{node}/drain", Need.OPERATOR, routes::drain);
  }

  private Future<Answer> subscriptions(Call call) {
    String after = call.query("after");
    int limit = call.limit();
    return parts
        .log()
        .head(call.tenant())
        .compose(
            head -> parts.cursors().list(call.tenant()).map(all -> page(all, head, after, limit)));
  }

  private static Answer page(
      List<CursorStore.Stored> all, LogHead head, @Nullable String after, int limit) {
    List<CursorStore.Stored> rest =
        all.stream()
            .filter(CursorStore.Stored::isSubscription)
            .filter(s -> after == null || s.name().compareTo(after) > 0)
            .sorted(Comparator.comparing(CursorStore.Stored::name))
            .limit(limit + 1L)
            .toList();
    boolean more = rest.size() > limit;
    List<CursorStore.Stored> these = more ? rest.subList(0, limit) : rest;
    return Answer.list(
        these.stream().map(s -> subscription(s, head)).toList(),
        more ? these.get(limit - 1).name() : null);
  }

  /** Lag counts what is in the log behind the cursor; all of it when the log was replaced. */
  private static JsonObject subscription(CursorStore.Stored stored, LogHead head) {
    boolean sameLog = stored.floor().epoch().equals(head.epoch());
    long floor = sameLog ? stored.floor().seq() : 0;
    long lag = Math.max(0, head.seq() - Math.max(floor, head.oldest() - 1));
    return new JsonObject()
        .put("name", stored.name())
        .put("mode", stored.mode())
        .put("cursor", stored.floor().toString())
        .put("lag", lag)
        .put("savedAt", Instant.ofEpochMilli(stored.savedAtMillis()).toString());
  }

  private Future<Answer> sessions(Call call) {
    return parts
        .sessions()
        .apply(call.tenant())
        .map(all -> Answer.page(call, all, SessionView::id, StateRoutes::session));
  }

  private static JsonObject session(SessionView session) {
    JsonArray subscriptions = new JsonArray();
    for (SessionView.Sub sub : session.subscriptions()) {
      subscriptions.add(
          new JsonObject()
              .put("name", sub.name())
              .put("mode", sub.mode())
              .put("cursor", sub.cursor())
              .put("behind", sub.behind())
              .put("unacked", sub.unacked()));
    }
    return new JsonObject()
        .put("id", session.id())
        .put("client", session.client())
        .put("remote", session.remote())
        .put("openedAt", Instant.ofEpochMilli(session.openedAtMillis()).toString())
        .put("subscriptions", subscriptions);
  }

  private Future<Answer> nodes(Call call) {
    return parts.nodes().get().map(all -> Answer.page(call, all, NodeView::id, NodeView::toJson));
  }

  private Future<Answer> drain(Call call) {
    String node = call.path("node");
    return parts
        .drain()
        .apply(node)
        .compose(
            known ->
                known
                    ? Future.succeededFuture(Answer.accepted(new JsonObject().put("id", node)))
                    : Future.failedFuture(Problem.NOT_FOUND.because("No such node is alive")));
  }
}
