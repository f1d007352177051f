package dev.hongyan.gateway.admin;

import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a message in the log by its id. The id tells when it was drawn and the log's marks where
 * that was; a message that was delayed came later, so other times can be tried too.
 */
final class MessageSearch {
  private static final LogScan.Limits LIMITS = new LogScan.Limits(20_000, Duration.ofSeconds(3));

  /** Loops and nodes append beside each other, so a message may come before an older one. */
  private static final long BEFORE_MILLIS = 1_000;

  private static final long BEHIND_MILLIS = 60_000;

  /** Where times of messages say nothing: within what a mark of the log stands for. */
  private static final long MARK_MILLIS = 15_000;

  private final AdminParts parts;

  MessageSearch(AdminParts parts) {
    this.parts = parts;
  }

  /**
   * The message; null when it is not found.
   *
   * @param otherTimes when else it may have come into the log, ms since 1970
   */
  Future<@Nullable LogEntry> find(String tenant, LogHead head, long id, List<Long> otherTimes) {
    long drawn = Snowflake.millisOf(id);
    return look(tenant, head, id, drawn - BEFORE_MILLIS, drawn + BEHIND_MILLIS)
        .compose(
            found ->
                found != null
                    ? Future.succeededFuture(found)
                    : others(tenant, head, id, otherTimes, 0));
  }

  private Future<@Nullable LogEntry> others(
      String tenant, LogHead head, long id, List<Long> times, int n) {
    if (n >= times.size()) {
      return Future.succeededFuture(null);
    }
    return look(tenant, head, id, times.get(n) - MARK_MILLIS, Long.MAX_VALUE)
        .compose(
            found ->
                found != null
                    ? Future.succeededFuture(found)
                    : others(tenant, head, id, times, n + 1));
  }

  private Future<@Nullable LogEntry> look(
      String tenant, LogHead head, long id, long fromMillis, long endMillis) {
    LogEntry[] found = {null};
    return parts
        .work()
        .times()
        .firstAt(tenant, head, fromMillis)
        .compose(
            from ->
                LogScan.run(
                    parts,
                    tenant,
                    head.epoch(),
                    from,
                    head.seq(),
                    LIMITS,
                    entry -> {
                      if (entry.header().id() == id) {
                        found[0] = entry;
                        return false;
                      }
                      return entry.header().timeMillis() < endMillis;
                    }))
        .map(done -> found[0]);
  }
}
