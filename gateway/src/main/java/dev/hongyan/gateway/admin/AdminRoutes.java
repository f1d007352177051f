package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.gateway.stream.StreamDoor;
import dev.hongyan.observability.time.VertxTimers;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.HashSet;
import java.util.Set;

/**
 * Everything under {@code /api/v1}, as described by {@code /api/v1/openapi.yaml}. For one event
 * loop: make one per verticle, on its context.
 */
public final class AdminRoutes implements GatewayVerticle.Door {
  /** What the path of every request for this door begins with. */
  public static final String PREFIX = "/api/v1";

  private final Router router;

  /**
   * Makes the door.
   *
   * @throws IllegalStateException when what is served and the contract differ
   */
  public AdminRoutes(Vertx vertx, AdminParts parts) {
    this(vertx, parts, Contract.ofProgram());
  }

  AdminRoutes(Vertx vertx, AdminParts parts, Contract contract) {
    this.router = Router.router(vertx);
    Operations to = new Operations(router, contract, parts);
    describe("/openapi.yaml", "application/yaml", contract.yaml());
    describe("/openapi.json", "application/json", contract.json());
    TenantRoutes.add(to, parts);
    DestinationRoutes.add(to, parts);
    RouteRoutes.add(to, parts);
    KeyRoutes.add(to, parts);
    IssuerRoutes.add(to, parts);
    RoleRoutes.add(to, parts);
    MessageRoutes.add(to, parts);
    StateRoutes.add(to, parts);
    MasterKeyRoutes.add(to, parts, new VertxTimers(vertx));
    LedgerRoutes.add(to, parts);
    DeadLetterRoutes.add(to, parts);
    TokenRoutes.add(to, parts);
    SendRoutes.add(to, parts);
    ReplayRoutes.add(to, parts);
    QuotaRoutes.add(to, parts);
    UsageRoutes.add(to, parts);
    AuditRoutes.add(to, parts);
    LifeRoutes.add(vertx, to, parts);
    Set<String> served = new HashSet<>(to.added());
    served.addAll(StreamDoor.operations());
    contract.requireServed(served);
  }

  private void describe(String path, String type, Buffer document) {
    String tag = Tags.of(document);
    router
        .get(PREFIX + path)
        .handler(
            http -> {
              SecurityHeaders.ofData(http.response());
              http.response().putHeader("cache-control", "no-cache").putHeader("etag", tag);
              String known = http.request().getHeader("if-none-match");
              if (known != null && Tags.take(known, tag, true)) {
                var unused = http.response().setStatusCode(304).end();
              } else {
                var unused = http.response().putHeader("content-type", type).end(document);
              }
            });
  }

  @Override
  public boolean takes(String path) {
    return path.startsWith(PREFIX)
        && (path.length() == PREFIX.length() || path.charAt(PREFIX.length()) == '/');
  }

  @Override
  public void handle(HttpServerRequest request) {
    router.handle(request);
  }
}
