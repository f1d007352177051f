package dev.hongyan.gateway.reply;

import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.LogTimes;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds an event in the log by its id, which tells when it was drawn; the marks of the log tell
 * where that was.
 */
final class EventFinder {
  /** Loops and nodes append beside each other, so an event may come before an older one. */
  private static final long BEFORE_MILLIS = 1_000;

  private static final long BEHIND_MILLIS = 60_000;
  private static final int PAGE = 128;
  private static final int PAGES_MAX = 64;

  private final LogStore log;
  private final LogTimes times;

  EventFinder(LogStore log, LogTimes times) {
    this.log = log;
    this.times = times;
  }

  /** The event; null when it is not in the log, or was so long in the spool that it is not near. */
  Future<@Nullable LogEntry> find(String tenant, long id) {
    long drawn = Snowflake.millisOf(id);
    return log.head(tenant)
        .compose(
            head ->
                times
                    .firstAt(tenant, head, drawn - BEFORE_MILLIS)
                    .compose(from -> look(tenant, head, id, drawn + BEHIND_MILLIS, from, 0)));
  }

  private Future<@Nullable LogEntry> look(
      String tenant, LogHead head, long id, long endMillis, long from, int pages) {
    if (from > head.seq() || pages == PAGES_MAX) {
      return Future.succeededFuture(null);
    }
    return log.read(tenant, head.epoch(), from, PAGE)
        .compose(
            page -> {
              LogEntry last = last(page);
              for (LogEntry entry : page) {
                if (entry.header().id() == id) {
                  return Future.succeededFuture(entry);
                }
              }
              return last == null || last.header().timeMillis() > endMillis
                  ? Future.succeededFuture(null)
                  : look(tenant, head, id, endMillis, last.seq() + 1, pages + 1);
            });
  }

  private static @Nullable LogEntry last(List<LogEntry> page) {
    return page.isEmpty() ? null : page.get(page.size() - 1);
  }
}
