package dev.hongyan.gateway.admin;

import dev.hongyan.router.consume.Ledger;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.Set;

/** What became of what the consumers of a tenant got. */
final class LedgerRoutes {
  private final AdminParts parts;

  private LedgerRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    LedgerRoutes routes = new LedgerRoutes(parts);
    to.get(AdminRoutes.PREFIX + "/tenants/{tenant}/ledger", Need.GUEST, routes::read);
  }

  private Future<Answer> read(Call call) {
    return parts
        .work()
        .consumers()
        .ledger(call.tenant(), consumers(parts, call.tenant()))
        .map(
            all ->
                Answer.list(
                    all.stream()
                        .sorted(Comparator.comparing(Ledger::consumer))
                        .map(LedgerRoutes::line)
                        .toList(),
                    null));
  }

  /** The routing of a tenant as it is now. */
  static Routing routing(AdminParts parts, String tenant) {
    Tenant found = parts.tenants().directory().find(tenant);
    return found == null ? Routing.NONE : found.routing();
  }

  /** The consumers of a tenant as it is now. */
  static Set<String> consumers(AdminParts parts, String tenant) {
    Tenant found = parts.tenants().directory().find(tenant);
    return found == null ? Set.of() : found.consumers();
  }

  static JsonObject line(Ledger ledger) {
    return new JsonObject()
        .put("consumer", ledger.consumer())
        .put("received", ledger.received())
        .put("delivered", ledger.delivered())
        .put("expired", ledger.expired())
        .put("dead", ledger.dead())
        .put("filtered", ledger.filtered())
        .put("pending", ledger.pending())
        .put("balanced", ledger.isBalanced());
  }
}
