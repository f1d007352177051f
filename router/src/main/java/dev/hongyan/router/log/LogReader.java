package dev.hongyan.router.log;

import io.vertx.core.Future;
import java.util.List;

/** The reading side of the logs, as tails and pages need it. {@link LogStore} is the real one. */
public interface LogReader {

  /** Both ends of a tenant's log; makes an empty one when there is none. */
  Future<LogHead> head(String tenant);

  /**
   * Messages from place {@code from} on, at most {@code count}, in order. A place that is gone is
   * simply not among them: the caller compares. Fails when the log is not (or no longer) that of
   * {@code epoch}, so that nobody takes a message of one log for that of another.
   */
  Future<List<LogEntry>> read(String tenant, String epoch, long from, int count);
}
