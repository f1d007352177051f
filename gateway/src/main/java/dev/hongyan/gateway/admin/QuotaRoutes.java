package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.quota.Quota;
import dev.hongyan.tenant.quota.QuotaJson;
import dev.hongyan.tenant.quota.Quotas;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** What a tenant may use. It may read that; to say it is the operator's. */
final class QuotaRoutes {
  private static final String QUOTAS = AdminRoutes.PREFIX + "/tenants/{tenant}/quotas";

  private static final String EFFECTIVE = "effective";

  private final TenantService tenants;
  private final Quotas quotas;

  private QuotaRoutes(TenantService tenants) {
    this.tenants = tenants;
    this.quotas = tenants.directory().quotas();
  }

  static void add(Operations to, AdminParts parts) {
    QuotaRoutes routes = new QuotaRoutes(parts.tenants());
    to.get(QUOTAS, Need.GUEST, routes::read);
    to.put(
        QUOTAS,
        Need.OPERATOR,
        call -> {
          var unused = QuotaJson.read(body(call));
        },
        routes::replace);
  }

  private Future<Answer> read(Call call) {
    return tenants.read(call.tenant()).map(this::answer);
  }

  private Future<Answer> replace(Call call) {
    return tenants.putQuota(call.tenant(), body(call)).map(this::answer);
  }

  /** What was read may be changed and given back. */
  private static JsonObject body(Call call) {
    JsonObject body = call.body().copy();
    body.remove(EFFECTIVE);
    return body;
  }

  /** Its own, and what counts with the platform's where it says nothing. */
  private Answer answer(Tenant tenant) {
    Quota own = tenant.quota();
    JsonObject json = QuotaJson.of(own);
    return Answer.ok(json.put(EFFECTIVE, QuotaJson.of(own.or(quotas.platform()))));
  }
}
