package dev.hongyan.gateway.admin;

import dev.hongyan.router.consume.Ledger;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
    int limit = call.limit();
    String after = call.query("after");
    Future<List<Ledger>> routed =
        parts.work().consumers().ledger(call.tenant(), consumers(parts, call.tenant()));
    return routed.compose(
        of -> subscriptions(call.tenant()).map(more -> page(of, more, after, limit)));
  }

  /** The cursors before the head: it can only be further on than they say. */
  private Future<List<Ledger>> subscriptions(String tenant) {
    return parts
        .cursors()
        .list(tenant)
        .compose(
            names ->
                parts
                    .log()
                    .head(tenant)
                    .map(
                        head ->
                            names.stream()
                                .filter(CursorStore.Stored::isSubscription)
                                .map(name -> Ledger.of(name, head))
                                .toList()));
  }

  private static Answer page(
      List<Ledger> routed, List<Ledger> subscriptions, @Nullable String after, int limit) {
    List<Ledger> rest =
        Stream.concat(routed.stream(), subscriptions.stream())
            .filter(l -> after == null || l.consumer().compareTo(after) > 0)
            .sorted(Comparator.comparing(Ledger::consumer))
            .limit(limit + 1L)
            .toList();
    boolean more = rest.size() > limit;
    List<Ledger> these = more ? rest.subList(0, limit) : rest;
    return Answer.list(
        these.stream().map(LedgerRoutes::line).toList(),
        more ? these.get(limit - 1).consumer() : null);
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

  private static JsonObject line(Ledger ledger) {
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
