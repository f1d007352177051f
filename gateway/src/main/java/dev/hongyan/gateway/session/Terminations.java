package dev.hongyan.gateway.session;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogStore;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What durable subscriptions give up: it is read back from the log and put into the dead letters,
 * and only then counts as done. For one event loop.
 */
final class Terminations {
  private static final String REASON = "terminated";

  private final LogStore log;
  private final DeadLetterStore dead;
  private final Metrics metrics;

  Terminations(LogStore log, DeadLetterStore dead, Metrics metrics) {
    this.log = log;
    this.dead = dead;
    this.metrics = metrics;
  }

  /** Told of each message that is durably given up, or could not be. */
  interface Listener {
    void terminated(long seq);

    void failed(long seq);
  }

  void term(String tenant, Walker sub, List<Long> seqs, String why, Listener listener) {
    String epoch = sub.epoch();
    for (long seq : seqs) {
      if (sub.beginTermination(seq)) {
        log.read(tenant, epoch, seq, 1)
            .compose(found -> bury(found, seq, sub.name(), why))
            .onComplete(id -> listener.terminated(seq), e -> listener.failed(seq));
      }
    }
  }

  private Future<@Nullable String> bury(List<LogEntry> found, long seq, String name, String why) {
    if (found.isEmpty() || found.get(0).seq() != seq) {
      return Future.succeededFuture(null); // retention was faster
    }
    return dead.add(found.get(0), name, REASON, 1, why)
        .onSuccess(id -> metrics.count(Series.DEAD_LETTERS, REASON))
        .map(id -> id);
  }
}
