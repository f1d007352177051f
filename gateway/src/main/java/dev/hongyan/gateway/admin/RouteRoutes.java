package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.RoutingService;
import dev.hongyan.tenant.routing.RoutingJson;
import io.vertx.core.Future;

/** The routes of a tenant. */
final class RouteRoutes {
  private static final String ALL = AdminRoutes.PREFIX + "/tenants/{tenant}/routes";
  private static final String ONE = ALL + "/{id}";

  private final RoutingService routing;

  private RouteRoutes(RoutingService routing) {
    this.routing = routing;
  }

  static void add(Operations to, AdminParts parts) {
    RouteRoutes routes = new RouteRoutes(parts.tenants().routing());
    to.post(
        ALL,
        Need.ADMIN,
        call -> routes.routing.checkRoute(call.tenant(), call.body()),
        routes::create);
    to.get(ALL, Need.REVIEWER, routes::list);
    to.get(ONE, Need.REVIEWER, routes::read);
    to.patch(ONE, Need.ADMIN, routes::patch);
    to.delete(ONE, Need.ADMIN, routes::delete);
  }

  private Future<Answer> create(Call call) {
    return routing
        .createRoute(call.tenant(), call.body())
        .map(r -> Answer.created(RoutingJson.of(r)));
  }

  private Future<Answer> list(Call call) {
    return routing
        .listRoutes(call.tenant(), call.query("after"), call.limit())
        .map(p -> Answer.list(p.items().stream().map(RoutingJson::of).toList(), p.next()));
  }

  private Future<Answer> read(Call call) {
    return routing.readRoute(call.tenant(), call.path("id")).map(r -> Answer.ok(RoutingJson.of(r)));
  }

  private Future<Answer> patch(Call call) {
    return routing
        .patchRoute(call.tenant(), call.path("id"), call.body(), call.precondition())
        .map(r -> Answer.ok(RoutingJson.of(r)));
  }

  private Future<Answer> delete(Call call) {
    return routing
        .deleteRoute(call.tenant(), call.path("id"), call.precondition())
        .map(Answer.NO_CONTENT);
  }
}
