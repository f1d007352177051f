package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.http.RateLimits;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Quotas;
import dev.hongyan.tenant.quota.Verdict;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/**
 * Measures calls of the admin API by their tenant's limit {@code admin}. The operator is not
 * bounded, and publishing is measured by a limit of its own.
 */
final class AdminLimits {
  private static final String MESSAGES = "/messages";

  private final Quotas quotas;

  AdminLimits(Quotas quotas) {
    this.quotas = quotas;
  }

  /** Throws RATE_LIMITED when it is too many; else says on the answer what is left. */
  void admit(RoutingContext http, Caller caller) {
    String tenant = http.pathParam("tenant");
    boolean publishes =
        http.request().method() == HttpMethod.POST && http.normalizedPath().endsWith(MESSAGES);
    if (tenant == null || publishes || caller instanceof Caller.Operator) {
      return;
    }
    int priority = RateLimits.priority(http.request().getHeader(RateLimits.PRIORITY));
    Verdict verdict = quotas.take(tenant, Limit.ADMIN, priority, 1);
    if (!verdict.passes()) {
      throw RateLimits.refusal(verdict);
    }
    RateLimits.tell(http.response(), verdict);
  }
}
