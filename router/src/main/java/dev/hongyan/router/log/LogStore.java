package dev.hongyan.router.log;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads and trims the logs in the store, over one event loop's link. Fails with {@code
 * STORE_UNAVAILABLE} when that is down.
 */
public final class LogStore implements LogReader {
  /** Most messages one {@link #trim} cuts, so that it does not hold up the store. */
  public static final int CUT_AT_ONCE = 50_000;

  private final RedisLink store;
  private final Supplier<String> newEpoch;
  private final IntConsumer onRead;

  public LogStore(RedisLink store, Supplier<String> newEpoch) {
    this(store, newEpoch, entries -> {});
  }

  /** {@code onRead} is told how many entries each read brought. */
  public LogStore(RedisLink store, Supplier<String> newEpoch, IntConsumer onRead) {
    this.store = store;
    this.newEpoch = newEpoch;
    this.onRead = onRead;
  }

  @Override
  public Future<LogHead> head(String tenant) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(LogScripts.HEAD, List.of(keys.head(), keys.log()), newEpoch.get())
        .map(r -> new LogHead(r.get(0).toString(), r.get(1).toLong(), r.get(2).toLong()));
  }

  @Override
  public Future<List<LogEntry>> read(String tenant, String epoch, long from, int count) {
    Keys keys = Keys.of(tenant);
    Request range =
        Request.cmd(Command.XRANGE)
            .arg(keys.log())
            .arg(Math.max(1, from) + "-0")
            .arg("+")
            .arg("COUNT")
            .arg(count);
    // An epoch never comes back, so one that is right after the read was right during it.
    Request check = Request.cmd(Command.HGET).arg(keys.head()).arg("epoch");
    return store
        .batch(List.of(range, check))
        .map(
            replies -> {
              Response now = replies.get(1);
              if (now == null || !now.toString().equals(epoch)) {
                throw Problem.STORE_UNAVAILABLE.because("the log was replaced");
              }
              List<LogEntry> found = entries(tenant, epoch, replies.get(0));
              onRead.accept(found.size());
              return found;
            });
  }

  /**
   * How much of a log is kept.
   *
   * @param messages number of messages, 0 for no bound
   * @param age how old they may be, zero for no bound; kept to within 10 s
   */
  public record Retention(long messages, Duration age) {
    /** A durable cursor that lags holds messages back until this many times the limit. */
    static final int HARD = 2;
  }

  /**
   * Cuts the old end off, at most {@value #CUT_AT_ONCE} messages; gives how many went, or -1 when
   * the log has a newer owner than {@code fence}.
   */
  public Future<Long> trim(String tenant, Retention keep, long nowMillis, long fence) {
    Keys keys = Keys.of(tenant);
    long age = keep.age().toMillis();
    return store
        .eval(
            LogScripts.TRIM,
            List.of(keys.head(), keys.log(), keys.marks(), keys.cursor()),
            fence,
            keep.messages(),
            keep.messages() * Retention.HARD,
            age == 0 ? 0 : Math.max(1, nowMillis - age),
            age == 0 ? 0 : Math.max(1, nowMillis - age * Retention.HARD),
            CUT_AT_ONCE)
        .map(Response::toLong);
  }

  private static List<LogEntry> entries(String tenant, String epoch, @Nullable Response reply) {
    if (reply == null) {
      return List.of();
    }
    List<LogEntry> out = new ArrayList<>(reply.size());
    for (Response item : reply) {
      String id = item.get(0).toString();
      Response fields = item.get(1);
      EntryHeader header = null;
      byte[] event = null;
      for (int i = 0; i + 1 < fields.size(); i += 2) {
        String name = fields.get(i).toString();
        if (name.equals("h")) {
          header = EntryHeader.decode(fields.get(i + 1).toString());
        } else if (name.equals("e")) {
          event = fields.get(i + 1).toBytes();
        }
      }
      if (header != null && event != null) {
        out.add(
            new LogEntry(tenant, epoch, Long.parseLong(id, 0, id.indexOf('-'), 10), header, event));
      }
    }
    return out;
  }
}
