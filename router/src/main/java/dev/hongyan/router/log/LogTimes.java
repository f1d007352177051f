package dev.hongyan.router.log;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;

/** Finds places of a log by time. */
public final class LogTimes {
  /** What lies between two marks is at most so much younger than the first of them. */
  private static final long STRETCH_MILLIS = 10_000;

  private final RedisLink store;
  private final LogReader log;

  public LogTimes(RedisLink store, LogReader log) {
    this.store = store;
    this.log = log;
  }

  /**
   * The place of the first message that was taken at {@code millis} or later; one behind the newest
   * when there is none. The marks of the log lead to a stretch of 10 s, the times of the messages
   * to the place in it; so a message that was published before it came into the log (a delayed one)
   * may be off by as much.
   */
  public Future<Long> firstAt(String tenant, LogHead head, long millis) {
    String marks = Keys.of(tenant).marks();
    return store
        .batch(
            List.of(
                Request.cmd(Command.ZRANGE)
                    .arg(marks)
                    .arg(millis)
                    .arg("-inf")
                    .arg("BYSCORE")
                    .arg("REV")
                    .arg("LIMIT")
                    .arg(0)
                    .arg(1)
                    .arg("WITHSCORES"),
                Request.cmd(Command.ZRANGE)
                    .arg(marks)
                    .arg("(" + millis)
                    .arg("+inf")
                    .arg("BYSCORE")
                    .arg("LIMIT")
                    .arg(0)
                    .arg(1)))
        .compose(
            r -> {
              Response before = r.get(0);
              Response after = r.get(1);
              long end = head.seq() + 1;
              long from = head.oldest();
              long to = after == null || after.size() == 0 ? end : after.get(0).toLong();
              if (before != null && before.size() > 0) {
                from = Math.max(from, Math.min(place(before), end));
                if (millis - score(before) >= STRETCH_MILLIS) {
                  from = Math.max(from, Math.min(to, end));
                }
              }
              return search(tenant, head.epoch(), millis, from, Math.max(from, Math.min(to, end)));
            });
  }

  /** The first of {@code from} to {@code to} (not included) that is not too early; else that. */
  private Future<Long> search(String tenant, String epoch, long millis, long from, long to) {
    if (from >= to) {
      return Future.succeededFuture(to);
    }
    long middle = from + (to - from) / 2;
    return log.read(tenant, epoch, middle, 1)
        .compose(
            found -> {
              LogEntry at = found.isEmpty() ? null : found.get(0);
              return at != null && at.seq() < to && at.header().timeMillis() < millis
                  ? search(tenant, epoch, millis, at.seq() + 1, to)
                  : search(tenant, epoch, millis, from, middle);
            });
  }

  /** RESP 3 nests the pair, RESP 2 does not. */
  private static long place(Response r) {
    return first(r, 0).toLong();
  }

  private static long score(Response r) {
    return (long) Double.parseDouble(first(r, 1).toString());
  }

  private static Response first(Response r, int part) {
    return r.size() == 1 ? r.get(0).get(part) : r.get(part);
  }
}
