package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.Caller;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Tenants and their accounts. */
final class TenantRoutes {
  private static final String ALL = AdminRoutes.PREFIX + "/tenants";
  private static final String ONE = ALL + "/{tenant}";
  private static final String ACCOUNTS = ONE + "/accounts";
  private static final String ACCOUNT = ACCOUNTS + "/{account}";

  /** What a tenant may not grant itself. */
  private static final List<String> OPERATORS_FIELDS = List.of("priority", "suspended", "frozen");

  private final TenantService tenants;

  private TenantRoutes(TenantService tenants) {
    this.tenants = tenants;
  }

  static void add(Operations to, AdminParts parts) {
    TenantRoutes routes = new TenantRoutes(parts.tenants());
    to.post(ALL, Need.OPERATOR, call -> routes.tenants.check(call.body()), routes::create);
    to.get(ALL, Need.GUEST, routes::list);
    to.get(ONE, Need.GUEST, routes::read);
    to.patch(ONE, Need.ADMIN, routes::patch);
    to.delete(ONE, Need.OPERATOR, routes::delete);
    to.post(
        ACCOUNTS,
        Need.ADMIN,
        call -> routes.tenants.checkAccount(call.body()),
        routes::createAccount);
    to.get(ACCOUNTS, Need.GUEST, routes::listAccounts);
    to.get(ACCOUNT, Need.GUEST, routes::readAccount);
    to.patch(ACCOUNT, Need.ADMIN, routes::patchAccount);
    to.delete(ACCOUNT, Need.ADMIN, routes::deleteAccount);
  }

  private Future<Answer> create(Call call) {
    return tenants
        .create(call.body())
        .map(
            t -> {
              call.note("made", TenantJson.of(t));
              return Answer.created(TenantJson.of(t));
            });
  }

  /** All for the operator, one's own for everybody else. */
  private Future<Answer> list(Call call) {
    int limit = call.limit();
    String own = call.caller().tenantOrNull();
    if (own != null) {
      return tenants
          .read(own)
          .map(t -> Answer.list(t.suspended() ? List.of() : List.of(TenantJson.of(t)), null));
    }
    return tenants
        .list(call.query("after"), limit)
        .map(p -> Answer.list(p.items().stream().map(TenantJson::of).toList(), p.next()));
  }

  private Future<Answer> read(Call call) {
    return tenants.read(call.tenant()).map(t -> Answer.ok(TenantJson.of(t)));
  }

  private Future<Answer> patch(Call call) {
    JsonObject patch = call.body();
    if (!(call.caller() instanceof Caller.Operator)) {
      for (String field : OPERATORS_FIELDS) {
        if (patch.containsKey(field)) {
          throw new ProblemException(Problem.FORBIDDEN, "Only the operator may change " + field);
        }
      }
    }
    return tenants
        .patch(call.tenant(), patch, call.precondition())
        .map(t -> Answer.ok(TenantJson.of(t)));
  }

  private Future<Answer> delete(Call call) {
    return tenants.delete(call.tenant(), call.precondition()).map(Answer.NO_CONTENT);
  }

  private Future<Answer> createAccount(Call call) {
    return tenants
        .createAccount(call.tenant(), call.body())
        .map(a -> Answer.created(TenantJson.of(a)));
  }

  private Future<Answer> listAccounts(Call call) {
    return tenants
        .listAccounts(call.tenant(), call.query("after"), call.limit())
        .map(p -> Answer.list(p.items().stream().map(TenantJson::of).toList(), p.next()));
  }

  private Future<Answer> readAccount(Call call) {
    return tenants
        .readAccount(call.tenant(), call.path("account"))
        .map(a -> Answer.ok(TenantJson.of(a)));
  }

  private Future<Answer> patchAccount(Call call) {
    return tenants
        .patchAccount(call.tenant(), call.path("account"), call.body(), call.precondition())
        .map(a -> Answer.ok(TenantJson.of(a)));
  }

  private Future<Answer> deleteAccount(Call call) {
    return tenants
        .deleteAccount(call.tenant(), call.path("account"), call.precondition())
        .map(Answer.NO_CONTENT);
  }
}
