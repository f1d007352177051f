package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.TenantContext;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The door {@code GET /ws/v1}: looks at the handshake and makes a session of it. Refuses over HTTP
 * what is no WebSocket of our version (400) and what names two tenants (403); everything about
 * tokens is said with a close code, because browsers cannot see an HTTP status here.
 */
public final class SessionDoor {
  public static final String PATH = "/ws/v1";
  public static final String SUBPROTOCOL = "hongyan.v1";
  private static final String BEARER_PROTOCOL = "bearer.";
  private static final String BEARER = "Bearer ";
  private static final String FULL = "retryAfterMs=5000";

  private final Hub hub;
  private final ContextInternal context;
  private final Supplier<String> sessionIds;

  /**
   * @param context the event loop on which the server of this door was deployed
   * @param sessionIds gives a new id for each session
   */
  public SessionDoor(Hub hub, ContextInternal context, Supplier<String> sessionIds) {
    this.hub = hub;
    this.context = context;
    this.sessionIds = sessionIds;
  }

  /** Answers a request to {@link #PATH}. */
  public void handle(HttpServerRequest request) {
    String offered = String.join(",", request.headers().getAll("Sec-WebSocket-Protocol"));
    if (!"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))
        || !offers(offered, SUBPROTOCOL)) {
      refuse(request, 400, "a WebSocket with subprotocol " + SUBPROTOCOL + " is expected here");
      return;
    }
    String token = token(request, offered);
    String headerTenant = request.getHeader(TenantContext.HEADER);
    if (token == null) {
      open(request, null, headerTenant, null);
      return;
    }
    // A bad token is told with a close code, so that browsers see it.
    Future<@Nullable String> known =
        hub.check(token, remote(request))
            .<@Nullable String>map(Caller.Client::tenant)
            .otherwise((String) null);
    if (!known.isComplete()) {
      request.pause();
    }
    var unused =
        known.onSuccess(
            tenant -> {
              if (tenant != null && headerTenant != null && !tenant.equals(headerTenant)) {
                refuse(request, 403, Problem.TENANT_MISMATCH.title());
              } else if (tenant == null || admitted(request, tenant)) {
                open(request, token, headerTenant, tenant);
              }
            });
  }

  private static String remote(HttpServerRequest request) {
    SocketAddress remote = request.remoteAddress();
    return remote == null ? "" : String.valueOf(remote.hostAddress());
  }

  private void open(
      HttpServerRequest request,
      @Nullable String token,
      @Nullable String headerTenant,
      @Nullable String tenant) {
    Session session = new Session(sessionIds.get(), hub, token, headerTenant, remote(request));
    if (tenant != null) {
      session.admission.connected(tenant);
    }
    request
        .toWebSocket()
        .onSuccess(socket -> opened(socket, session))
        .onFailure(e -> {}); // Vert.x has answered the bad handshake
  }

  private void opened(ServerWebSocket socket, Session session) {
    if (hub.isDraining()) {
      socket.close((short) Problem.DRAINING.closeCode(), "the node is leaving").onFailure(e -> {});
      return;
    }
    if (!hub.hasRoom()) { // a browser sees a close code, but no HTTP status
      socket.close((short) Problem.OVERLOADED.closeCode(), FULL).onFailure(e -> {});
      return;
    }
    hub.opened(session);
    session.open(SocketWire.attach(socket, context, session, hub.frames()));
  }

  /** Whether this tenant may connect now; if not, that was answered. */
  private boolean admitted(HttpServerRequest request, String tenant) {
    try {
      Admission.look(hub.quotas(), tenant);
      Admission.connect(hub.quotas(), tenant);
      return true;
    } catch (ProblemException e) {
      e.headers().forEach(request.response()::putHeader);
      request
          .response()
          .putHeader("retry-after", Long.toString((e.retryAfterMillis() + 999) / 1000));
      refuse(request, e.problem().httpStatus(), String.valueOf(e.getMessage()));
      return false;
    }
  }

  private static @Nullable String token(HttpServerRequest request, String offered) {
    String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return authorization.substring(BEARER.length()).trim();
    }
    for (String protocol : offered.split(",", 8)) {
      String p = protocol.trim();
      if (p.startsWith(BEARER_PROTOCOL)) {
        return p.substring(BEARER_PROTOCOL.length());
      }
    }
    return null;
  }

  private static boolean offers(@Nullable String offered, String wanted) {
    if (offered == null) {
      return false;
    }
    for (String protocol : offered.split(",", 8)) {
      if (protocol.trim().equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static void refuse(HttpServerRequest request, int status, String why) {
    var unused =
        request
            .response()
            .setStatusCode(status)
            .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
            .end(why);
  }
}
