package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.http.SecurityHeaders;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Everything under {@code /api/v1}, as described by {@code /api/v1/openapi.yaml}. For one event
 * loop: make one per verticle, on its context.
 */
public final class AdminRoutes implements GatewayVerticle.Door {
  /** What the path of every request for this door begins with. */
  public static final String PREFIX = "/api/v1";

  private static final String CONTRACT = "/openapi.yaml";
  private static final Buffer CONTRACT_BYTES = contract();

  private final Router router;
  private final List<String> operations;

  public AdminRoutes(Vertx vertx, AdminParts parts) {
    this.router = Router.router(vertx);
    Operations to = new Operations(router, parts);
    router
        .get(PREFIX + CONTRACT)
        .handler(
            http -> {
              SecurityHeaders.ofData(http.response());
              var unused =
                  http.response().putHeader("content-type", "application/yaml").end(CONTRACT_BYTES);
            });
    TenantRoutes.add(to, parts);
    DestinationRoutes.add(to, parts);
    RouteRoutes.add(to, parts);
    KeyRoutes.add(to, parts);
    MessageRoutes.add(to, parts);
    StateRoutes.add(to, parts);
    LedgerRoutes.add(to, parts);
    DeadLetterRoutes.add(to, parts);
    TokenRoutes.add(to, parts);
    SendRoutes.add(to, parts);
    ReplayRoutes.add(to, parts);
    QuotaRoutes.add(to, parts);
    UsageRoutes.add(to, parts);
    this.operations = to.added();
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

  /** All operations, for example {@code GET /api/v1/tenants/{tenant}}. */
  public List<String> operations() {
    return operations;
  }

  private static Buffer contract() {
    try (InputStream in = AdminRoutes.class.getResourceAsStream(CONTRACT)) {
      if (in == null) {
        throw new IllegalStateException(CONTRACT + " is not in the program");
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
