package dev.hongyan.tenant.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import org.jspecify.annotations.Nullable;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Who asks, for which tenant, under which request: found out once at a door and passed on from
 * there, never kept aside.
 *
 * @param tenant null when the call is about no tenant
 * @param requestId under which the request is found in logs and the audit trail
 * @param traceparent of the request, or null
 */
public record TenantContext(
    @Nullable String tenant, Caller caller, String requestId, @Nullable String traceparent) {
  /** The header by which a request may name its tenant. */
  public static final String HEADER = "X-Tenant-ID";

  private static final int TRACEPARENT_CHARS = 55;

  /**
   * Brings together what names the tenant: the path, {@value #HEADER} and the caller's token.
   *
   * @param path null when the path names none
   * @param header null when there is none
   * @throws ProblemException TENANT_MISMATCH when two of them differ; whether any of them exists
   *     plays no part
   */
  public static TenantContext resolve(
      @Nullable String path,
      @Nullable String header,
      Caller caller,
      String requestId,
      @Nullable String traceparent) {
    if (path != null && header != null && !path.equals(header)) {
      throw mismatch();
    }
    String named = path == null ? header : path;
    String own = caller.tenantOrNull();
    // Keys and client tokens of our own find nothing on another tenant's path; what an issuer says
    // is a name like the path's.
    boolean names = caller instanceof Caller.Bearer || path == null;
    if (named != null && own != null && names && !named.equals(own)) {
      throw mismatch();
    }
    String trace =
        traceparent != null && traceparent.length() == TRACEPARENT_CHARS ? traceparent : null;
    return new TenantContext(named == null ? own : named, caller, requestId, trace);
  }

  /** The tenant of a call that is about one. */
  public String requireTenant() {
    if (tenant == null) {
      throw new IllegalStateException("this call is about no tenant");
    }
    return tenant;
  }

  /** Puts its fields on a log line. */
  public LoggingEventBuilder on(LoggingEventBuilder line) {
    LoggingEventBuilder named = tenant == null ? line : line.addKeyValue("tenant", tenant);
    return named.addKeyValue("caller", caller.name()).addKeyValue("requestId", requestId);
  }

  private static ProblemException mismatch() {
    return Problem.TENANT_MISMATCH.because(
        "Path, " + HEADER + " and token must name the same tenant");
  }
}
