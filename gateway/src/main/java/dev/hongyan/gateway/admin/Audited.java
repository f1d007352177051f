package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantChanges;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditLog;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs an operation that changes something so that it is in the audit log: noted before, told
 * after, with what is different in the tenant's configuration. What cannot be noted is not done.
 */
final class Audited {
  private static final String WHOLE_TENANT = "DELETE " + AdminRoutes.PREFIX + "/tenants/{tenant}";

  private final TenantService tenants;
  private final AuditLog log;

  Audited(TenantService tenants) {
    this.tenants = tenants;
    this.log = tenants.audit();
  }

  /**
   * @param action method and path as they are in the contract
   */
  Future<Answer> run(
      Call call, String action, String requestId, Function<Call, Future<Answer>> operation) {
    String tenant = call.tenant();
    // A tenant's chain goes with it, and what belongs to none has no other place.
    String scope = tenant.isEmpty() || action.equals(WHOLE_TENANT) ? AuditLog.PLATFORM : tenant;
    AuditDraft draft =
        new AuditDraft(call.caller().name(), action, call.target(), call.address(), requestId);
    Future<AuditLog.Open> begun = log.begin(scope, draft);
    // From the store: the directory may be a moment behind another node.
    Future<@Nullable Tenant> before =
        scope.isEmpty()
            ? Future.succeededFuture()
            : tenants.read(tenant).recover(gone -> Future.succeededFuture());
    return Future.all(begun, before)
        .compose(
            ready -> {
              Future<Answer> done = Future.succeededFuture(call).compose(operation);
              return done.transform(ended -> tell(call, begun.result(), before.result(), done));
            });
  }

  /** The answer waits for the entry, but is not spoilt when that has to wait. */
  private Future<Answer> tell(
      Call call, AuditLog.Open open, @Nullable Tenant before, Future<Answer> done) {
    String outcome = done.succeeded() ? AuditLog.DONE : ProblemException.of(done.cause()).code();
    Tenant after = before == null ? null : tenants.directory().find(before.id());
    boolean changed = before != null && after != null && after.version() > before.version();
    return log.finish(
            open,
            outcome,
            changed ? TenantChanges.between(before, after) : new JsonArray(),
            call.notes())
        .transform(told -> done);
  }
}
