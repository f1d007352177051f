package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.gateway.contract.Operation;
import dev.hongyan.gateway.http.JsonBody;
import dev.hongyan.gateway.http.Problems;
import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Permissions;
import dev.hongyan.tenant.access.TenantContext;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.TimeoutHandler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hangs operations into a router: admits the caller before a byte of the body is read, then reads
 * it, checks everything against the contract, runs the operation and writes its answer or the
 * problem.
 */
final class Operations {
  private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
  private static final long WITHIN_MILLIS = 15_000;
  private static final long LINGER_MILLIS = 2_000;
  private static final String STREAMED = "/export";
  private static final String STARTED = "started";
  private static final String REQUEST_ID = "request-id";
  private static final String CALL = "call";
  private static final String CONTEXT = "context";

  private static final Consumer<Call> NOTHING = call -> {};

  private final Router router;
  private final Contract contract;
  private final AdminParts parts;
  private final Access access;
  private final AdminLimits limits;
  private final Idempotency idempotency;
  private final Audited audited;
  private final BodyHandler body =
      BodyHandler.create(false).setBodyLimit(JsonBody.BYTES_MAX).setPreallocateBodyBuffer(false);
  private final Set<String> added = new LinkedHashSet<>();
  private final Map<String, Need> permissions = new TreeMap<>();

  Operations(Router router, Contract contract, AdminParts parts) {
    this.router = router;
    this.contract = contract;
    this.parts = parts;
    this.access = new Access(parts);
    this.limits = new AdminLimits(parts.tenants().directory().quotas());
    this.idempotency = new Idempotency(parts.store(), parts.sealer());
    this.audited = new Audited(parts.tenants());
    router.route().handler(this::begin).failureHandler(this::fail);
    TimeoutHandler timeout = TimeoutHandler.create(WITHIN_MILLIS, 504);
    router
        .route()
        .handler(
            http -> {
              if (http.normalizedPath().endsWith(STREAMED)) { // takes as long as there is to write
                http.next();
              } else {
                timeout.handle(http);
              }
            });
    router
        .errorHandler(404, this::fail)
        .errorHandler(405, this::fail)
        .errorHandler(400, this::fail);
  }

  /** {@code GET /api/v1/tenants} and so on, in the order in which they were added. */
  Set<String> added() {
    return added;
  }

  /**
   * All permissions that a tenant may give its roles, with the lowest role that is built to have
   * each.
   */
  Map<String, Need> permissions() {
    return Collections.unmodifiableMap(permissions);
  }

  /** Whether the caller holds a permission in its own tenant. */
  boolean may(Caller caller, String permission) {
    return access.may(caller, permissions.getOrDefault(permission, Need.OPERATOR), permission);
  }

  /** An operation without a body. */
  void get(String path, Need need, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.GET, path, need, NOTHING, operation);
  }

  void delete(String path, Need need, Function<Call, Future<Answer>> operation) {
    change(HttpMethod.DELETE, path, need, NOTHING, operation);
  }

  void patch(String path, Need need, Function<Call, Future<Answer>> operation) {
    change(HttpMethod.PATCH, path, need, NOTHING, operation);
  }

  void put(String path, Need need, Function<Call, Future<Answer>> operation) {
    change(HttpMethod.PUT, path, need, NOTHING, operation);
  }

  /**
   * A GET that answers with JSON lines, written while they are made; its path ends in {@code
   * /export}.
   */
  void stream(String path, Need need, BiFunction<Call, Lines, Future<Void>> operation) {
    if (!path.endsWith(STREAMED)) {
      throw new IllegalArgumentException(path);
    }
    String permission = permission(HttpMethod.GET, path, need);
    Operation described = described(HttpMethod.GET + " " + path, need);
    router
        .route(HttpMethod.GET, routed(path))
        .handler(http -> admit(http, need, permission, false))
        .handler(http -> stream(http, described, operation))
        .failureHandler(this::fail);
  }

  /** A POST that {@code Idempotency-Key} makes repeatable. */
  void post(String path, Need need, Function<Call, Future<Answer>> operation) {
    post(path, need, NOTHING, operation);
  }

  /**
   * The same, where more can be told about a body that the contract does not allow.
   *
   * @param more throws VALIDATION with everything that the operation itself would find wrong, and
   *     does nothing else; its messages win over the contract's
   */
  void post(String path, Need need, Consumer<Call> more, Function<Call, Future<Answer>> operation) {
    change(
        HttpMethod.POST,
        path,
        need,
        more,
        call -> idempotency.once(call, () -> operation.apply(call)));
  }

  /**
   * A POST that puts a message into the tenant's log and sees to {@code Idempotency-Key} itself.
   * The log with its trail says what came of it, so the audit log does not.
   */
  void postMessage(
      String path, Need need, Consumer<Call> more, Function<Call, Future<Answer>> operation) {
    add(HttpMethod.POST, path, need, more, operation);
  }

  /** Everything that changes something passes here, and so is audited. */
  private void change(
      HttpMethod method,
      String path,
      Need need,
      Consumer<Call> more,
      Function<Call, Future<Answer>> operation) {
    String action = method + " " + path;
    serve(
        method,
        path,
        need,
        described ->
            call ->
                audited.run(call, action, call.requestId(), checked(described, more, operation)));
  }

  private static String routed(String path) {
    return path.replace("{", ":").replace("}", "");
  }

  private String permission(HttpMethod method, String path, Need need) {
    String permission = Permissions.of(method.name(), path);
    if (need != Need.OPERATOR && path.contains("{tenant}")) {
      permissions.merge(permission, need, (a, b) -> a.compareTo(b) < 0 ? a : b);
    }
    return permission;
  }

  /** What the contract says of an operation that is about to be served. */
  private Operation described(String name, Need need) {
    Operation described = contract.operation(name);
    if (!described.role().equals(need.name().toLowerCase(Locale.ROOT))) {
      throw new IllegalStateException(
          name + " needs the role " + need + ", and in the contract " + described.role());
    }
    if (!added.add(name)) {
      throw new IllegalStateException(name + " is served twice");
    }
    return described;
  }

  private void add(
      HttpMethod method,
      String path,
      Need need,
      Consumer<Call> more,
      Function<Call, Future<Answer>> operation) {
    serve(method, path, need, described -> checked(described, more, operation));
  }

  private static Function<Call, Future<Answer>> checked(
      Operation described, Consumer<Call> more, Function<Call, Future<Answer>> operation) {
    return call -> {
      check(call, described, more);
      return operation.apply(call);
    };
  }

  private void serve(
      HttpMethod method,
      String path,
      Need need,
      Function<Operation, Function<Call, Future<Answer>>> how) {
    String permission = permission(method, path, need);
    Operation described = described(method + " " + path, need);
    Function<Call, Future<Answer>> operation = how.apply(described);
    boolean withBody = method != HttpMethod.GET && method != HttpMethod.DELETE;
    var route =
        router.route(method, routed(path)).handler(http -> admit(http, need, permission, withBody));
    if (withBody) {
      // As a handler of our own: the router would want it before the caller is admitted.
      route.handler(http -> body.handle(http));
    }
    route.handler(http -> run(http, described, operation)).failureHandler(this::fail);
  }

  private void begin(RoutingContext http) {
    http.put(STARTED, parts.clock().nanos());
    String given = RequestIds.given(http.request());
    http.put(REQUEST_ID, given == null ? parts.newName().get() : given);
    http.next();
  }

  private void admit(RoutingContext http, Need need, String permission, boolean withBody) {
    boolean ended = http.request().isEnded();
    if (!ended) {
      http.request().pause();
    }
    access
        .admit(http, need, permission, requestId(http))
        .map(
            context -> {
              http.put(CONTEXT, context);
              limits.admit(http, context.caller());
              if (withBody) {
                JsonBody.requireJson(http.request());
              }
              return new Call(http, context);
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

  private void run(
      RoutingContext http, Operation described, Function<Call, Future<Answer>> operation) {
    Call call = http.get(CALL);
    Future.succeededFuture(call)
        .compose(operation)
        .onComplete(answer -> write(http, described, answer), http::fail);
  }

  /** Throws VALIDATION with everything at once, when something is not as the contract has it. */
  private static void check(Call call, Operation described, Consumer<Call> more) {
    List<FieldError> errors = new ArrayList<>();
    described.checkParameters(call::query, call::header, errors);
    if (call.header(Call.IF_MATCH) != null && !described.takesIfMatch()) {
      errors.add(new FieldError(Call.IF_MATCH, "is not taken here"));
    }
    if (described.takesBody()) {
      described.checkBody(call.body(), errors);
    }
    if (!errors.isEmpty()) {
      List<FieldError> all = merged(errors, call, more);
      throw new ProblemException(
          Problem.VALIDATION,
          all.size() == 1 ? "One field is not valid" : all.size() + " fields are not valid",
          all);
    }
  }

  private static List<FieldError> merged(List<FieldError> errors, Call call, Consumer<Call> more) {
    List<FieldError> all = new ArrayList<>();
    try {
      more.accept(call);
    } catch (ProblemException told) {
      all.addAll(told.errors());
    }
    for (FieldError error : errors) {
      if (all.stream().noneMatch(known -> known.field().equals(error.field()))) {
        all.add(error);
      }
    }
    return all;
  }

  private void stream(
      RoutingContext http, Operation described, BiFunction<Call, Lines, Future<Void>> operation) {
    Call call = http.get(CALL);
    SecurityHeaders.ofData(http.response());
    http.response().putHeader(RequestIds.HEADER, requestId(http));
    Lines lines = new Lines(http.response());
    Future.succeededFuture(call)
        .compose(
            admitted -> {
              check(admitted, described, NOTHING);
              return operation.apply(admitted, lines);
            })
        .compose(written -> lines.end())
        .onComplete(
            done -> record(http, "ok"),
            failure -> {
              if (!http.response().headWritten()) {
                http.response().setChunked(false).headers().remove("trailer");
                http.fail(failure);
              } else { // cut off, so that nobody takes it for the whole
                record(http, "failed");
                var closing = http.request().connection().close();
              }
            });
  }

  private void write(RoutingContext http, Operation described, Answer answer) {
    if (http.response().ended() || http.response().closed()) {
      return;
    }
    record(http, "ok");
    SecurityHeaders.ofData(http.response());
    http.response().putHeader(RequestIds.HEADER, requestId(http)).setStatusCode(answer.status());
    if (answer.status() == 204 || isKnown(http, described, answer)) {
      var unused = http.response().end();
    } else {
      var unused = http.response().putHeader("content-type", "application/json").end(answer.body());
    }
  }

  /** Gives the answer its tag, and a 304 to a reader who has it already. */
  private static boolean isKnown(RoutingContext http, Operation described, Answer answer) {
    if (!described.tagged()) {
      return false;
    }
    String tag = Tags.of(answer.body());
    http.response().putHeader("etag", tag);
    String known = http.request().getHeader("if-none-match");
    if (http.request().method() != HttpMethod.GET
        || known == null
        || !Tags.take(known, tag, true)) {
      return false;
    }
    http.response().setStatusCode(304);
    return true;
  }

  private void fail(RoutingContext http) {
    Throwable failure = http.failure();
    if (!(failure instanceof ProblemException) && (failure == null || http.statusCode() != 500)) {
      failure = Problems.ofStatus(http.statusCode(), failure);
    }
    int status = ProblemException.of(failure).httpStatus();
    record(http, status >= 500 ? "failed" : "refused");
    if (status >= 500 && LOG.isInfoEnabled()) {
      TenantContext context = http.get(CONTEXT);
      (context == null
              ? LOG.atInfo().addKeyValue("requestId", requestId(http))
              : context.on(LOG.atInfo()))
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
