package dev.hongyan.gateway.access;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.tenant.access.AccessEvents;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.issuer.IssuedToken;

/** Counts and tells of keys and tokens that were not good. Thread-safe. */
public final class Refusals {
  private static final int DIGEST_CHARS = 16;

  private final AccessEvents events;
  private final Metrics metrics;

  public Refusals(AccessEvents events, Metrics metrics) {
    this.events = events;
    this.metrics = metrics;
  }

  /** A key or token was looked at and is not good. */
  public void wrong(String remote, String key) {
    metrics.count(Series.ACCESS_REFUSED, "wrong");
    events.refused(attempt(remote, key));
  }

  /** From now on keys like this one are not looked at. */
  void slowed(String remote, String key, long seconds) {
    events.slowed(attempt(remote, key), seconds);
  }

  /** One was not looked at. */
  void unseen() {
    metrics.count(Series.ACCESS_REFUSED, "slowed");
  }

  private static AccessEvents.Attempt attempt(String remote, String key) {
    return new AccessEvents.Attempt(
        tenant(key), remote, Guesses.digest(key).substring(0, DIGEST_CHARS));
  }

  private static String tenant(String key) {
    String ofKey = ApiKeys.tenantOf(key);
    if (ofKey != null) {
      return ofKey;
    }
    IssuedToken token = IssuedToken.parse(key);
    return token == null ? "" : token.tenant();
  }
}
