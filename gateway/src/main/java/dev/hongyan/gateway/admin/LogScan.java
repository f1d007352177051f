package dev.hongyan.gateway.admin;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/**
 * Walks a stretch of a log, page by page with other work in between. Pages grow as far as the
 * messages are small.
 */
final class LogScan {
  private static final int PAGE_FIRST = 16;
  private static final int PAGE_MAX = 500;
  private static final int PAGE_BYTES = 1 << 20;

  private final LogStore log;
  private final Clock clock;
  private final String tenant;
  private final String epoch;
  private final Predicate<LogEntry> visitor;
  private final Promise<Scanned> done = Promise.promise();
  private final long to;
  private final long lookAtMax;
  private final long endNanos;
  private long next;
  private long lookedAt;
  private int page = PAGE_FIRST;

  /**
   * How far it came.
   *
   * @param lookedAt messages
   * @param complete false when a limit came before the end
   */
  record Scanned(long lookedAt, boolean complete) {}

  /** The limits of a walk. */
  record Limits(long messages, Duration time) {}

  private LogScan(
      LogStore log,
      Clock clock,
      String tenant,
      String epoch,
      long from,
      long to,
      Limits limits,
      Predicate<LogEntry> visitor) {
    this.log = log;
    this.clock = clock;
    this.tenant = tenant;
    this.epoch = epoch;
    this.next = from;
    this.to = to;
    this.lookAtMax = limits.messages();
    this.endNanos = clock.nanos() + limits.time().toNanos();
    this.visitor = visitor;
  }

  /**
   * Shows the messages {@code from} to {@code to}, both included, to {@code visitor} until that
   * gives false.
   */
  static Future<Scanned> run(
      AdminParts parts,
      String tenant,
      String epoch,
      long from,
      long to,
      Limits limits,
      Predicate<LogEntry> visitor) {
    LogScan scan =
        new LogScan(parts.log(), parts.clock(), tenant, epoch, from, to, limits, visitor);
    scan.step();
    return scan.done.future();
  }

  /** One page; no chain of futures, which would be as long as the log. */
  private void step() {
    if (next > to) {
      done.complete(new Scanned(lookedAt, true));
    } else if (lookedAt >= lookAtMax || clock.nanos() - endNanos >= 0) {
      done.complete(new Scanned(lookedAt, false));
    } else {
      log.read(tenant, epoch, next, page).onComplete(this::look, done::fail);
    }
  }

  private void look(List<LogEntry> entries) {
    if (entries.isEmpty()) {
      done.complete(new Scanned(lookedAt, true));
      return;
    }
    long bytes = 0;
    for (LogEntry entry : entries) {
      if (entry.seq() > to) {
        break;
      }
      bytes += entry.event().length;
      lookedAt++;
      if (!visitor.test(entry)) {
        done.complete(new Scanned(lookedAt, true));
        return;
      }
    }
    next = entries.get(entries.size() - 1).seq() + 1;
    page =
        (int)
            Math.max(
                1, Math.min(PAGE_MAX, (long) entries.size() * PAGE_BYTES / Math.max(1, bytes)));
    step();
  }
}
