package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.AccessService;
import dev.hongyan.tenant.issuer.IssuerJson;
import io.vertx.core.Future;

/** The issuers whose JWTs a tenant has us accept. */
final class IssuerRoutes {
  private static final String ALL = AdminRoutes.PREFIX + "/tenants/{tenant}/issuers";
  private static final String ONE = ALL + "/{id}";

  private final AccessService access;

  private IssuerRoutes(AccessService access) {
    this.access = access;
  }

  static void add(Operations to, AdminParts parts) {
    IssuerRoutes routes = new IssuerRoutes(parts.tenants().access());
    to.post(ALL, Need.ADMIN, routes::create);
    to.get(ALL, Need.ADMIN, routes::list);
    to.get(ONE, Need.ADMIN, routes::read);
    to.patch(ONE, Need.ADMIN, routes::patch);
    to.delete(ONE, Need.ADMIN, routes::delete);
  }

  private Future<Answer> create(Call call) {
    return access
        .createIssuer(call.tenant(), call.body())
        .map(issuer -> Answer.created(IssuerJson.open(issuer)));
  }

  private Future<Answer> list(Call call) {
    return access
        .listIssuers(call.tenant(), call.query("after"), call.limit())
        .map(
            page -> Answer.list(page.items().stream().map(IssuerJson::open).toList(), page.next()));
  }

  private Future<Answer> read(Call call) {
    return access
        .readIssuer(call.tenant(), call.path("id"))
        .map(issuer -> Answer.ok(IssuerJson.open(issuer)));
  }

  private Future<Answer> patch(Call call) {
    return access
        .patchIssuer(call.tenant(), call.path("id"), call.body())
        .map(issuer -> Answer.ok(IssuerJson.open(issuer)));
  }

  private Future<Answer> delete(Call call) {
    return access.deleteIssuer(call.tenant(), call.path("id")).map(Answer.NO_CONTENT);
  }
}
