package dev.hongyan.token.keeper;

import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.token.Credential;
import dev.hongyan.token.lease.LeaseEffect;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what leases note into counts, log lines and the health of this part. Notes come on one
 * event loop; {@link #status} may be called from anywhere.
 */
final class Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final int NAMED_MAX = 3;

  private final Metrics metrics;
  private final Map<Credential, String> troubles = new ConcurrentHashMap<>();

  Watch(Metrics metrics) {
    this.metrics = metrics;
  }

  void note(Credential of, LeaseEffect.Note note) {
    switch (note.what()) {
      case SERVED_HERE -> metrics.count(Series.TOKENS_SERVED, "lease");
      case SERVED_BY_STORE -> metrics.count(Series.TOKENS_SERVED, "store");
      case FETCHED -> {
        metrics.count(Series.TOKENS_FETCHED, "new");
        LOG.info("WeChat handed out a token for {}", of);
      }
      case FETCHED_SAME -> metrics.count(Series.TOKENS_FETCHED, "same");
      case FETCH_FAILED -> {
        metrics.count(Series.TOKENS_FETCHED, "failed");
        trouble(of, note.detail());
        LOG.info("No token for {} yet: {}", of, note.detail());
      }
      case PAUSED -> {
        metrics.count(Series.TOKENS_FETCHED, "paused");
        trouble(of, note.detail());
        LOG.warn("WeChat gives no token for {} for some time: {}", of, note.detail());
      }
      case STOPPED -> {
        metrics.count(Series.TOKENS_FETCHED, "stopped");
        trouble(of, note.detail());
        LOG.warn(
            "WeChat refuses the settings of {}, it is not asked until they change: {}",
            of,
            note.detail());
      }
      case INVALIDATED -> metrics.count(Series.TOKENS_INVALIDATED, "dropped");
      case INVALIDATED_BEFORE -> metrics.count(Series.TOKENS_INVALIDATED, "replaced");
      case REFUSED_AGAIN -> {
        metrics.count(Series.TOKENS_INVALIDATED, "again");
        LOG.warn("WeChat refused the token of {} again right after it was replaced", of);
      }
      case FOREIGN_REFRESH -> {
        metrics.count(Series.TOKENS_FOREIGN);
        LOG.warn(
            "The token of {} was voided by somebody else before its time: another service uses the"
                + " same appid",
            of);
      }
    }
  }

  void well(Credential of) {
    troubles.remove(of);
  }

  Status status() {
    List<String> some =
        troubles.entrySet().stream()
            .limit(NAMED_MAX)
            .map(e -> e.getKey() + ": " + e.getValue())
            .toList();
    int more = troubles.size() - some.size();
    return some.isEmpty()
        ? Status.up()
        : Status.degraded(String.join("; ", some) + (more > 0 ? "; and " + more + " more" : ""));
  }

  private void trouble(Credential of, String detail) {
    troubles.put(of, detail);
  }
}
