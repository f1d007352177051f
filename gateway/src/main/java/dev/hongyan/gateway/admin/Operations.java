package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.http.JsonBody;
import dev.hongyan.gateway.http.Problems;
import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.TimeoutHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hangs operations into a router: admits the caller before a byte of the body is read, then reads
 * it, runs the operation and writes its answer or the problem.
 */
final class Operations {
  private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
  private static final long WITHIN_MILLIS = 15_000;
  private static final long LINGER_MILLIS = 2_000;
  private static final String STARTED = "started";
  private static final String REQUEST_ID = "request-id";
  private static final String CALL = "call";

  private final Router router;
  private final AdminParts parts;
  private final Access access;
  private final AdminLimits limits;
  private final Idempotency idempotency;
  private final BodyHandler body =
      BodyHandler.create(false).setBodyLimit(JsonBody.BYTES_MAX).setPreallocateBodyBuffer(false);
  private final List<String> added = new ArrayList<>();

  Operations(Router router, AdminParts parts) {
    this.router = router;
    this.parts = parts;
    this.access = new Access(parts);
    this.limits = new AdminLimits(parts.tenants().directory().quotas());
    this.idempotency = new Idempotency(parts.store(), parts.sealer());
    router.route().handler(this::begin).failureHandler(this::fail);
    router.route().handler(TimeoutHandler.create(WITHIN_MILLIS, 504));
    router
        .errorHandler(404, this::fail)
        .errorHandler(405, this::fail)
        .errorHandler(400, this::fail);
  }

  /** {@code GET /api/v1/tenants} and so on, in the order in which they were added. */
  List<String> added() {
    return List.copyOf(added);
  }

  /** An operation without a body. */
  void get(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.GET, path, need, false, operation);
  }

  void delete(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.DELETE, path, need, false, operation);
  }

  void put(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.PUT, path, need, true, operation);
  }

  void patch(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.PATCH, path, need, true, operation);
  }

  /** A POST that {@code Idempotency-Key} makes repeatable. */
  void post(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(
        HttpMethod.POST,
        path,
        need,
        true,
        call -> idempotency.once(call, () -> operation.apply(call)));
  }

  /** A POST that sees to {@code Idempotency-Key} itself, or may be repeated anyway. */
  void postRepeatable(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.POST, path, need, true, operation);
  }

  private void add(
      HttpMethod method,
      String path,
      Need need,
      boolean withBody,
      Function<Call, Future<Answer>> operation) {
    added.add(method + " " + path);
    String routed = path.replace("{", ":").replace("}", "");
    var route = router.route(method, routed).handler(http -> admit(http, need, withBody));
    if (withBody) {
      // As a handler of our own: the router would want it before the caller is admitted.
      route.handler(http -> body.handle(http));
    }
    route.handler(http -> run(http, operation)).failureHandler(this::fail);
  }

  private void begin(RoutingContext http) {
    http.put(STARTED, parts.clock().nanos());
    String given = RequestIds.given(http.request());
    http.put(REQUEST_ID, given == null ? parts.newName().get() : given);
    http.next();
  }

  private void admit(RoutingContext http, Need need, boolean withBody) {
    boolean ended = http.request().isEnded();
    if (!ended) {
      http.request().pause();
    }
    access
        .admit(http, need)
        .map(
            caller -> {
              limits.admit(http, caller);
              if (withBody) {
                JsonBody.requireJson(http.request());
              }
              return new Call(http, caller);
            })
        .onComplete(
            call -> {
              http.put(CALL, call);
              if (!ended && !withBody) { // the body's reader resumes by itself, when it listens
                http.request().resume();
              }
              http.next();
            },
            failure -> {
              if (!ended) {
                // Read and thrown away, so that the sender gets to see the answer.
                http.request().resume();
              }
              http.fail(failure);
            });
  }

  private void run(RoutingContext http, Function<Call, Future<Answer>> operation) {
    Call call = http.get(CALL);
    Future.succeededFuture(call)
        .compose(operation)
        .onComplete(answer -> write(http, answer), http::fail);
  }

  private void write(RoutingContext http, Answer answer) {
    if (http.response().ended() || http.response().closed()) {
      return;
    }
    record(http, "ok");
    SecurityHeaders.ofData(http.response());
    http.response().putHeader(RequestIds.HEADER, requestId(http)).setStatusCode(answer.status());
    if (answer.status() == 204) {
      var unused = http.response().end();
    } else {
      var unused = http.response().putHeader("content-type", "application/json").end(answer.body());
    }
  }

  private void fail(RoutingContext http) {
    Throwable failure = http.failure();
    if (!(failure instanceof ProblemException) && (failure == null || http.statusCode() != 500)) {
      failure = Problems.ofStatus(http.statusCode(), failure);
    }
    int status = ProblemException.of(failure).httpStatus();
    record(http, status >= 500 ? "failed" : "refused");
    if (status >= 500 && LOG.isInfoEnabled()) {
      LOG.atInfo()
          .addKeyValue("requestId", requestId(http))
          .log("{} answered with {}", http.request().method(), status);
    }
    boolean unread = !http.request().isEnded();
    Problems.answer(http.response(), failure, requestId(http));
    if (unread) {
      linger(http);
    }
  }

  /**
   * What is to come of the body is thrown away for a moment, so that its sender sees the answer.
   */
  private static void linger(RoutingContext http) {
    var reading = http.request().handler(chunk -> {}).endHandler(end -> {}).resume();
    long unused =
        http.vertx()
            .setTimer(
                LINGER_MILLIS,
                timer -> {
                  if (!http.request().isEnded()) {
                    var closing = http.request().connection().close();
                  }
                });
  }

  private void record(RoutingContext http, String outcome) {
    Long started = http.get(STARTED);
    if (started != null) {
      parts
          .metrics()
          .stopwatch(Series.API_LATENCY, "admin", outcome)
          .record(parts.clock().nanos() - started);
    }
  }

  private String requestId(RoutingContext http) {
    String id = http.get(REQUEST_ID);
    return id == null ? parts.newName().get() : id;
  }
}
