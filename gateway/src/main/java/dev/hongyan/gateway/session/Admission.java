package dev.hongyan.gateway.session;

import dev.hongyan.gateway.http.RateLimits;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Quotas;
import dev.hongyan.tenant.quota.Verdict;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tenant may have one more connection: how fast they come, and how many there are. One
 * for each session; for its event loop only.
 */
final class Admission {
  /** Nobody knows when one of the others ends. */
  private static final long FULL_MILLIS = 5_000;

  private @Nullable String connected;
  private @Nullable String counted;

  /** It was measured when it came, as one of this tenant. */
  void connected(String tenant) {
    connected = tenant;
  }

  /** Counts it among the sessions of its tenant until {@link #end}; throws RATE_LIMITED. */
  void begin(Quotas quotas, String tenant) {
    if (!tenant.equals(connected)) {
      connect(quotas, tenant);
    }
    if (!quotas.open(tenant)) {
      throw full();
    }
    counted = tenant;
  }

  void end(Quotas quotas) {
    if (counted != null) {
      quotas.close(counted);
      counted = null;
    }
  }

  /** Measures a connection; throws RATE_LIMITED. */
  static void connect(Quotas quotas, String tenant) {
    Verdict verdict = quotas.take(tenant, Limit.CONNECT);
    if (!verdict.passes()) {
      throw RateLimits.refusal(verdict);
    }
  }

  /** Throws RATE_LIMITED if {@link #begin} would do so now. */
  static void look(Quotas quotas, String tenant) {
    if (quotas.isFull(tenant)) {
      throw full();
    }
  }

  private static ProblemException full() {
    return Problem.RATE_LIMITED
        .because("This tenant has all the sessions that it may have")
        .retryAfter(FULL_MILLIS, Map.of());
  }
}
