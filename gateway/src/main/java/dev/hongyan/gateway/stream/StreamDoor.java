package dev.hongyan.gateway.stream;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.access.Permits;
import dev.hongyan.gateway.http.Problems;
import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.session.DirectSession;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Permissions;
import dev.hongyan.tenant.access.TenantContext;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * {@code GET /api/v1/tenants/{tenant}/stream} (Server-Sent Events) and {@code …/poll} (long poll).
 * Both are for a client's token, within the topics it grants, and for API keys from reviewer on.
 * For one event loop.
 */
public final class StreamDoor implements GatewayVerticle.Door {
  private static final String BEFORE = "/api/v1/tenants/";
  private static final String STREAM = "/stream";
  private static final String POLL = "/poll";

  private final GatewayVerticle.Loop loop;
  private final Identity identity;
  private final Permits permits;
  private final Predicate<String> served;
  private final Supplier<String> newId;

  /**
   * @param served whether a tenant exists and is not suspended
   * @param newId names sessions, and requests that came without an id
   */
  public StreamDoor(
      GatewayVerticle.Loop loop,
      Identity identity,
      Permits permits,
      Predicate<String> served,
      Supplier<String> newId) {
    this.loop = loop;
    this.identity = identity;
    this.permits = permits;
    this.served = served;
    this.newId = newId;
  }

  /** What this door answers, as the API's description names it. */
  public static List<String> operations() {
    return List.of("GET " + BEFORE + "{tenant}" + STREAM, "GET " + BEFORE + "{tenant}" + POLL);
  }

  @Override
  public boolean takes(String path) {
    if (!path.startsWith(BEFORE)) {
      return false;
    }
    int end = path.indexOf('/', BEFORE.length());
    return end > BEFORE.length()
        && (path.startsWith(STREAM, end) && path.length() == end + STREAM.length()
            || path.startsWith(POLL, end) && path.length() == end + POLL.length());
  }

  @Override
  public void handle(HttpServerRequest request) {
    String given = RequestIds.given(request);
    String requestId = given == null ? newId.get() : given;
    HttpServerResponse response = request.response();
    String path = request.path();
    if (!request.method().equals(HttpMethod.GET)) {
      response.putHeader("allow", "GET");
      refuse(
          response, Problem.METHOD_NOT_ALLOWED.because("This path has other methods"), requestId);
      return;
    }
    String tenant = path.substring(BEFORE.length(), path.indexOf('/', BEFORE.length()));
    identity
        .of(request)
        .compose(
            caller -> {
              begin(request, requestId, tenant, caller, path.endsWith(STREAM));
              return Future.succeededFuture();
            })
        .onFailure(failure -> refuse(response, failure, requestId));
  }

  private void begin(
      HttpServerRequest request, String requestId, String tenant, Caller who, boolean streams) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      return;
    }
    Caller.Client caller = admit(request, requestId, tenant, who);
    Ask ask = streams ? Ask.stream(request) : Ask.poll(request);
    String remote =
        request.remoteAddress() == null
            ? ""
            : String.valueOf(request.remoteAddress().hostAddress());
    DirectSession.Reading reading =
        new DirectSession.Reading(
            ask.sub(),
            ask.durable(),
            ask.topics().isEmpty() ? granted(caller) : ask.topics(),
            ask.done(),
            ask.max(),
            EventStream.WRITE_BYTES);
    String id = "h-" + newId.get();
    DirectSession session;
    if (streams) {
      DirectSession[] opened = new DirectSession[1];
      EventStream events =
          new EventStream(
              request, requestId, () -> lookAgain(request, requestId, tenant, who, opened[0]));
      session = DirectSession.open(loop.hub(), id, caller, remote, reading, events);
      opened[0] = session;
      events.of(session);
      response.closeHandler(gone -> session.gone());
    } else {
      Batch batch = new Batch(response, requestId, loop.timers(), loop.endOfTick(), ask);
      session = DirectSession.open(loop.hub(), id, caller, remote, reading, batch);
      batch.of(session);
      response.closeHandler(
          gone -> {
            batch.gone();
            session.gone();
          });
    }
    response.exceptionHandler(e -> {}); // the close handler follows
    session.begin(ask.at());
  }

  /** In the order of the other calls of the API: mismatch (403), tenant (404), role (403). */
  private Caller.Client admit(
      HttpServerRequest request, String requestId, String tenant, Caller who) {
    TenantContext context =
        TenantContext.resolve(
            tenant,
            request.getHeader(TenantContext.HEADER),
            who,
            requestId,
            request.getHeader("traceparent"));
    if (!who.maySee(tenant) || !served.test(tenant)) {
      throw Problem.NOT_FOUND.because("There is no such tenant");
    }
    if (context.caller() instanceof Caller.Client client) {
      return client;
    }
    List<String> topics = permits.topics(who);
    if (topics.isEmpty()) {
      throw Problem.FORBIDDEN.because(
          "This needs the role reviewer or the permission " + Permissions.MESSAGES_READ);
    }
    long until = who instanceof Caller.Bearer bearer ? bearer.expiresAtMillis() : Long.MAX_VALUE;
    return new Caller.Client(tenant, who.name(), topics, List.of(), until, "");
  }

  /** An API key that was ended ends its streams; a client's token ends by itself. */
  private void lookAgain(
      HttpServerRequest request,
      String requestId,
      String tenant,
      Caller who,
      DirectSession session) {
    if (!(who instanceof Caller.Client)) {
      identity
          .of(request)
          .map(now -> admit(request, requestId, tenant, now))
          .onFailure(
              failure -> {
                if (ProblemException.of(failure).httpStatus() < 500) {
                  session.end(Problem.UNAUTHENTICATED, "The key is not valid any more");
                }
              });
    }
  }

  private static List<TopicPattern> granted(Caller.Client caller) {
    List<TopicPattern> out =
        caller.topics().stream()
            .filter(text -> TopicPattern.problemWith(text) == null)
            .map(TopicPattern::parse)
            .toList();
    if (out.isEmpty()) {
      throw Problem.FORBIDDEN.because("The token grants no topics");
    }
    return out;
  }

  static void refuse(HttpServerResponse response, Throwable failure, String requestId) {
    Problem problem = ProblemException.of(failure);
    if (problem.retry() != Problem.Retry.NEVER
        && !response.headWritten()
        && !response.headers().contains("retry-after")) {
      response.putHeader("retry-after", "1");
    }
    Problems.answer(response, failure, requestId);
  }
}
