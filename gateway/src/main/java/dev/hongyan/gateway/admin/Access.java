package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.access.Identity;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.access.Caller;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/**
 * Who is calling and what of the API exists for them, in this order: no good key (401), a tenant
 * that is missing, suspended or another's (404, all alike), a header that names another tenant than
 * the path (403), not enough of a role (403).
 */
final class Access {
  private final AdminParts parts;
  private final Identity identity;

  Access(AdminParts parts) {
    this.parts = parts;
    this.identity =
        new Identity(parts.operator(), parts.keys(), parts.clientTokens(), parts.clock());
  }

  /** The caller, or a failure with what to answer. */
  Future<Caller> admit(RoutingContext http, Need need) {
    return identity.of(http.request()).map(caller -> allow(http, caller, need));
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
}
