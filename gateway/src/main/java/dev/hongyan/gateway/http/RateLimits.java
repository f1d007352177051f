package dev.hongyan.gateway.http;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Verdict;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a limit is told over HTTP: {@code RateLimit-Policy} and {@code RateLimit} as in
 * draft-ietf-httpapi-ratelimit-headers-10, and {@code Retry-After} with a refusal. A policy's
 * {@code q} is what a full bucket holds, its {@code w} the seconds in which it fills up; {@code r}
 * is about what is left, {@code t} the seconds until it is full again.
 */
public final class RateLimits {
  /** The header in which a caller says how much a call matters to it. */
  public static final String PRIORITY = "x-hongyan-priority";

  private static final int NORMAL = 5;
  private static final int LOW = 2;
  private static final int HIGH = 8;
  private static final String POLICY_NAME = "ratelimit-policy";
  private static final String STATE_NAME = "ratelimit";

  private RateLimits() {}

  /**
   * The class of a call, 0 to 9: one digit, {@code low} (2) or {@code high} (8); everything else is
   * 5.
   */
  public static int priority(@Nullable String header) {
    if (header == null) {
      return NORMAL;
    }
    if (header.length() == 1 && header.charAt(0) >= '0' && header.charAt(0) <= '9') {
      return header.charAt(0) - '0';
    }
    if (header.equalsIgnoreCase("low")) {
      return LOW;
    }
    return header.equalsIgnoreCase("high") ? HIGH : NORMAL;
  }

  /** Tells the caller where it stands; nothing where nothing bounds it. */
  public static void tell(HttpServerResponse response, Verdict verdict) {
    Limit limit = verdict.limit();
    if (limit != null) {
      response.putHeader(POLICY_NAME, policy(limit)).putHeader(STATE_NAME, state(limit, verdict));
      if (!verdict.passes()) {
        response.putHeader("retry-after", Long.toString(verdict.retryAfterSeconds()));
      }
    }
  }

  /** The refusal of what was not let through. */
  public static ProblemException refusal(Verdict verdict) {
    Limit limit = verdict.limit();
    if (limit == null) {
      throw new IllegalArgumentException("nothing bounds it");
    }
    return Problem.RATE_LIMITED
        .because("The limit of this tenant for " + limit.name() + " is reached; wait as told")
        .retryAfter(
            verdict.retryAfterMillis(),
            Map.of(POLICY_NAME, policy(limit), STATE_NAME, state(limit, verdict)));
  }

  private static String policy(Limit limit) {
    return '"' + limit.name() + "\";q=" + (long) limit.capacity() + ";w=" + seconds(limit, 0);
  }

  private static String state(Limit limit, Verdict verdict) {
    return '"'
        + limit.name()
        + "\";r="
        + verdict.remaining()
        + ";t="
        + seconds(limit, verdict.remaining());
  }

  /** In which the bucket fills up from {@code level}. */
  private static long seconds(Limit limit, long level) {
    double missing = Math.max(0, limit.capacity() - level);
    return Math.max(1, (long) Math.ceil(missing / limit.ratePerSecond()));
  }
}
