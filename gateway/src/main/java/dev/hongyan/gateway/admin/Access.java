package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.Caller;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who is calling and what of the API exists for them, in this order: no good key (401), a tenant
 * that is missing, suspended or another's (404, all alike), a header that names another tenant than
 * the path (403), not enough of a role (403).
 */
final class Access {
  private static final String BEARER = "bearer ";
  private static final int KEY_CHARS_MAX = 8 * 1024;

  private final AdminParts parts;
  private final Guesses guesses;

  Access(AdminParts parts) {
    this.parts = parts;
    this.guesses = new Guesses(parts.clock());
  }

  /** The caller, or a failure with what to answer. */
  Future<Caller> admit(RoutingContext http, Need need) {
    HttpServerRequest request = http.request();
    String key = bearer(request.getHeader("authorization"));
    if (key == null) {
      return Future.failedFuture(
          Problem.UNAUTHENTICATED.because("Send a key as Authorization: Bearer"));
    }
    String address = request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress();
    long wait = guesses.waitSeconds(address == null ? "" : address, key);
    if (wait > 0) {
      http.response().putHeader("retry-after", Long.toString(wait));
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("Too many wrong keys like this one; wait as told"));
    }
    String from = address == null ? "" : address;
    return identify(key)
        .onSuccess(caller -> guesses.wasGood(key))
        .onFailure(
            failure -> {
              if (ProblemException.of(failure) == Problem.UNAUTHENTICATED) {
                guesses.wasWrong(from, key);
              }
            })
        .map(caller -> allow(http, caller, need));
  }

  private Future<Caller> identify(String key) {
    if (parts.operator().matches(key)) {
      return Future.succeededFuture(new Caller.Operator());
    }
    if (ApiKeys.tenantOf(key) != null) {
      return parts.keys().verify(key).map(caller -> caller);
    }
    try {
      return Future.succeededFuture(parts.clientTokens().verify(key));
    } catch (ProblemException refused) {
      return Future.failedFuture(Problem.UNAUTHENTICATED.because("The key is not valid"));
    }
  }

  private Caller allow(RoutingContext http, Caller caller, Need need) {
    String tenant = http.pathParam("tenant");
    if (tenant != null && !exists(tenant, caller)) {
      throw Problem.NOT_FOUND.because("There is no such tenant");
    }
    String named = http.request().getHeader("x-tenant-id");
    if (named != null && tenant != null && !named.equals(tenant)) {
      throw Problem.TENANT_MISMATCH.because("X-Tenant-ID names another tenant than the path");
    }
    if (named != null && tenant == null && !caller.maySee(named)) {
      throw Problem.TENANT_MISMATCH.because("X-Tenant-ID names another tenant than the key");
    }
    if (!need.isMetBy(caller)) {
      throw Problem.FORBIDDEN.because(
          "This needs the role " + need.name().toLowerCase(Locale.ROOT));
    }
    return caller;
  }

  /** A suspended tenant is there for the operator only. */
  private boolean exists(String tenant, Caller caller) {
    if (!caller.maySee(tenant)) {
      return false;
    }
    Tenant found = parts.tenants().directory().find(tenant);
    return found != null && (!found.suspended() || caller instanceof Caller.Operator);
  }

  private static @Nullable String bearer(@Nullable String header) {
    if (header == null
        || header.length() > KEY_CHARS_MAX
        || !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return null;
    }
    String key = header.substring(BEARER.length()).strip();
    return key.isEmpty() ? null : key;
  }
}
