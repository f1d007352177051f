package dev.hongyan.tenant.quota;

import org.jspecify.annotations.Nullable;

/**
 * A token bucket: so many a second, and so many at once after a rest.
 *
 * @param api {@code webhook}, {@code publish}, {@code publish.bytes}, {@code admin}, {@code
 *     connect}, {@code wxapi} (all families that have no row of their own) or {@code
 *     wxapi.<family>}
 * @param ratePerSecond over all nodes; more than 0
 * @param burst what a full bucket holds; 1 or more
 * @param priority null: for all calls of the API; else only for those of that class, 0 to 9, beside
 *     the one for all
 */
public record Limit(String api, double ratePerSecond, long burst, @Nullable Integer priority) {
  public static final String WEBHOOK = "webhook";
  public static final String PUBLISH = "publish";
  public static final String PUBLISH_BYTES = "publish.bytes";
  public static final String ADMIN = "admin";
  public static final String CONNECT = "connect";
  public static final String WXAPI = "wxapi";

  public static final double RATE_MIN = 0.01;
  public static final double RATE_MAX = 1e10;
  public static final long BURST_MAX = 10_000_000_000L;

  /** What a tenth of a second brings can always come at once, or nodes could not share it. */
  public static final double BURST_SECONDS_MIN = 0.1;

  public Limit {
    if (!(ratePerSecond > 0) || burst < 1) {
      throw new IllegalArgumentException("a limit of nothing");
    }
  }

  /** For all calls of an API, with a burst of one second. */
  public static Limit perSecond(String api, double ratePerSecond) {
    return new Limit(api, ratePerSecond, (long) Math.max(1, Math.ceil(ratePerSecond)), null);
  }

  /** What the bucket holds when it is full. */
  public double capacity() {
    return Math.max(burst, ratePerSecond * BURST_SECONDS_MIN);
  }

  /** How it is called in the store and in headers: the API, and the class if it is for one. */
  public String name() {
    return priority == null ? api : api + ":" + priority;
  }
}
