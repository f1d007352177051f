package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.access.Permits;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.TenantContext;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/**
 * Who is calling and what of the API exists for them, in this order: no good key (401); path,
 * header and token that name different tenants (403); a tenant that is missing, suspended or
 * another's (404, all alike); not enough of a role (403).
 */
final class Access {
  private final AdminParts parts;
  private final Permits permits;

  Access(AdminParts parts) {
    this.parts = parts;
    this.permits = new Permits(parts.tenants().access()::find);
  }

  /** Who calls for which tenant, or a failure with what to answer. */
  Future<TenantContext> admit(RoutingContext http, Need need, String permission, String requestId) {
    return parts
        .identity()
        .of(http.request())
        .map(caller -> allow(http, caller, need, permission, requestId));
  }

  private TenantContext allow(
      RoutingContext http, Caller caller, Need need, String permission, String requestId) {
    String tenant = http.pathParam("tenant");
    TenantContext context =
        TenantContext.resolve(
            tenant,
            http.request().getHeader(TenantContext.HEADER),
            caller,
            requestId,
            http.request().getHeader("traceparent"));
    if (tenant != null && !exists(tenant, caller)) {
      throw Problem.NOT_FOUND.because("There is no such tenant");
    }
    if (!may(caller, need, permission)) {
      throw Problem.FORBIDDEN.because(
          need == Need.OPERATOR
              ? "This needs the operator's key"
              : "This needs the role "
                  + need.name().toLowerCase(Locale.ROOT)
                  + " or the permission "
                  + permission);
    }
    return context;
  }

  /** Whether the caller holds a permission in its own tenant. */
  boolean may(Caller caller, Need need, String permission) {
    return permits.may(caller, need.role(), permission);
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
