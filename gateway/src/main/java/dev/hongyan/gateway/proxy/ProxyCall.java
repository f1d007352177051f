package dev.hongyan.gateway.proxy;

import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.TenantContext;
import dev.hongyan.token.TokenReply;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request at the proxy's door and the ways in which it can be answered by us. */
final class ProxyCall {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyCall.class);

  /** What is read and thrown away of a body that is refused, so that its sender sees the answer. */
  private static final long DISCARDED_BYTES_MAX = 8L << 20;

  final HttpServerRequest http;
  final ProxyPath path;
  private final ProxyParts parts;
  private final ProxyCounters counters;
  private final long startedNanos;
  private boolean answered;

  /** What WeChat said; 0 for nothing, or that all is well. */
  int errcode;

  ProxyCall(HttpServerRequest http, ProxyPath path, ProxyParts parts, ProxyCounters counters) {
    this.http = http;
    this.path = path;
    this.parts = parts;
    this.counters = counters;
    this.startedNanos = parts.clock.nanos();
  }

  /** The account of the path; null when it is not there or its tenant is suspended. */
  @Nullable Account account() {
    Tenant tenant = parts.directory.find(path.tenant());
    return tenant == null || tenant.suspended() ? null : tenant.account(path.account());
  }

  /** Who calls for which tenant; throws TENANT_MISMATCH. */
  TenantContext context(Caller caller) {
    return TenantContext.resolve(
        path.tenant(),
        http.getHeader(TenantContext.HEADER),
        caller,
        requestId(),
        http.getHeader("traceparent"));
  }

  /** Notes that the answer is on its way. */
  void answered() {
    if (!answered) {
      answered = true;
      counters.answered(parts.clock.nanos() - startedNanos);
    }
  }

  boolean isOver() {
    return answered || http.response().closed();
  }

  void refuse(Refusal refusal, String why) {
    if (answered) {
      return;
    }
    answered = true;
    counters.refused(refusal, parts.clock.nanos() - startedNanos);
    refusal.answer(http.response(), why, requestId());
    discardBody();
  }

  /** Refuses with what stands behind a failure of ours. */
  void refuse(Throwable failure) {
    Problem problem = ProblemException.of(failure);
    if (problem == Problem.INTERNAL && LOG.isErrorEnabled()) {
      // Without its message: that of a client of HTTP holds the address, and so the token.
      StackTraceElement[] trace = failure.getStackTrace();
      LOG.error(
          "A call to {} failed with {} at {}",
          path.api(),
          failure.getClass().getName(),
          trace.length == 0 ? "?" : trace[0]);
    }
    switch (problem) {
      case UNAUTHENTICATED ->
          refuse(Refusal.UNKNOWN, "invalid access_token or key, get a new access_token");
      case RATE_LIMITED -> refuse(Refusal.QUOTA, "too many wrong keys, wait");
      case TENANT_MISMATCH -> refuse(Refusal.MISMATCH, String.valueOf(failure.getMessage()));
      default -> refuse(Refusal.UNREACHABLE, "this platform cannot do it now: " + problem.code());
    }
  }

  /** Refuses with WeChat's own errcode where WeChat said why there is no token. */
  void refuse(TokenReply.Refused no) {
    if (no.errcode() == 0) {
      refuse(Refusal.UNREACHABLE, no.detail());
      return;
    }
    if (!answered) {
      answered = true;
      counters.refused(Refusal.UNREACHABLE, parts.clock.nanos() - startedNanos);
      Refusal.pass(http.response(), no.errcode(), "no access token: " + no.detail(), requestId());
      discardBody();
    }
  }

  private void discardBody() {
    if (http.isEnded()) {
      return;
    }
    long[] left = {DISCARDED_BYTES_MAX};
    HttpServerResponse response = http.response();
    var unused =
        http.exceptionHandler(gone -> {})
            .endHandler(end -> {})
            .handler(
                chunk -> {
                  left[0] -= chunk.length();
                  if (left[0] < 0 && !response.closed()) {
                    var closing = http.connection().close();
                  }
                })
            .resume();
  }

  private String requestId() {
    String given = RequestIds.given(http);
    return given == null ? parts.newRequestId.get() : given;
  }
}
