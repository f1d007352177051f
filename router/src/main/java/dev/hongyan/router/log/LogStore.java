package dev.hongyan.router.log;

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

/**
 * Reads and trims the logs in the store, over one event loop's link. Fails with {@code
 * STORE_UNAVAILABLE} when that is down.
 */
public final class LogStore {
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

  /** Both ends of a tenant's log; makes an empty one when there is none. */
  public Future<LogHead> head(String tenant) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(LogScripts.HEAD, List.of(keys.head(), keys.log()), newEpoch.get())
        .map(r -> new LogHead(r.get(0).toString(), r.get(1).toLong(), r.get(2).toLong()));
  }

  /**
   * Messages from place {@code from} on, at most {@code count}, in order. A place that is gone is
   * simply not among them: the caller compares.
   *
   * @param epoch what the caller knows the log by; put into the entries
   */
  public Future<List<LogEntry>> read(String tenant, String epoch, long from, int count) {
    Request range =
        Request.cmd(Command.XRANGE)
            .arg(Keys.of(tenant).log())
            .arg(Math.max(1, from) + "-0")
            .arg("+")
            .arg("COUNT")
            .arg(count);
    return store
        .send(range)
        .map(r -> entries(tenant, epoch, r))
        .onSuccess(entries -> onRead.accept(entries.size()));
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
   * Cuts the old end off; gives how many went, or -1 when the log has a newer owner than {@code
   * fence}.
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
            age == 0 ? 0 : nowMillis - age,
            age == 0 ? 0 : nowMillis - age * Retention.HARD)
        .map(Response::toLong);
  }

  private static List<LogEntry> entries(String tenant, String epoch, Response reply) {
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
