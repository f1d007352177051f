package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.RoutingService;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/**
 * The HTTP destinations of a tenant. An address may hold a key of the service behind it, so to read
 * one takes more than a guest.
 */
final class DestinationRoutes {
  private static final String ALL = AdminRoutes.PREFIX + "/tenants/{tenant}/destinations";
  private static final String ONE = ALL + "/{id}";

  private final RoutingService routing;

  private DestinationRoutes(RoutingService routing) {
    this.routing = routing;
  }

  static void add(Operations to, AdminParts parts) {
    DestinationRoutes routes = new DestinationRoutes(parts.tenants().routing());
    to.post(ALL, Need.ADMIN, call -> routes.routing.checkDestination(call.body()), routes::create);
    to.get(ALL, Need.REVIEWER, routes::list);
    to.get(ONE, Need.REVIEWER, routes::read);
    to.patch(ONE, Need.ADMIN, routes::patch);
    to.delete(ONE, Need.ADMIN, routes::delete);
    to.post(ONE + "/rotate-secret", Need.ADMIN, routes::rotate);
  }

  private Future<Answer> create(Call call) {
    return routing
        .createDestination(call.tenant(), call.body())
        .map(made -> Answer.created(shown(made)));
  }

  private Future<Answer> list(Call call) {
    return routing
        .listDestinations(call.tenant(), call.query("after"), call.limit())
        .map(p -> Answer.list(p.items().stream().map(RoutingJson::of).toList(), p.next()));
  }

  private Future<Answer> read(Call call) {
    return routing
        .readDestination(call.tenant(), call.path("id"))
        .map(d -> Answer.ok(RoutingJson.of(d)));
  }

  private Future<Answer> patch(Call call) {
    return routing
        .patchDestination(call.tenant(), call.path("id"), call.body(), call.precondition())
        .map(d -> Answer.ok(RoutingJson.of(d)));
  }

  private Future<Answer> delete(Call call) {
    return routing
        .deleteDestination(call.tenant(), call.path("id"), call.precondition())
        .map(Answer.NO_CONTENT);
  }

  private Future<Answer> rotate(Call call) {
    return routing
        .rotateSecret(call.tenant(), call.path("id"), call.body())
        .map(made -> Answer.ok(shown(made)));
  }

  /** With the secret that was made, this once. */
  private static JsonObject shown(RoutingService.Made made) {
    JsonObject json = RoutingJson.of(made.destination());
    Secret secret = made.secret();
    return secret == null ? json : json.put("secret", secret.reveal());
  }
}
