package dev.hongyan.router.log;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Puts messages into the logs, for one event loop. What one tick brings for one tenant leaves as
 * one script call; when several calls are under way already, more is gathered meanwhile, so a burst
 * costs fewer and larger calls. All of a call shares the store's one fsync.
 *
 * <p>A Future that succeeds means: durable. One that fails with {@link Problem#STORE_UNAVAILABLE}
 * means: not known; the sender tries again and de-duplication decides.
 */
public final class LogAppender {
  /** How long a repeat is recognised. */
  public static final int DEDUPE_SECONDS = 86_400;

  /** Largest event that is taken; with its line it still fits a WebSocket frame of 1 MiB. */
  public static final int MAX_EVENT_BYTES = 1_000_000;

  private static final int CALLS_UNDER_WAY = 4;
  private static final int CALL_MESSAGES = 256;
  private static final int CALL_BYTES = 1 << 20;
  private static final int WAITING_MESSAGES = 20_000;

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;
  private final Executor endOfTick;
  private final BooleanSupplier otherNodes;
  private final Consumer<List<LogEntry>> appended;
  private final Map<String, List<Waiting>> waiting = new LinkedHashMap<>();
  private int waitingMessages;
  private int underWay;
  private boolean scheduled;

  /**
   * @param store this event loop's link
   * @param newEpoch names a log that does not exist yet: 1 to 16 letters and digits, different
   *     every time
   * @param endOfTick runs a task after what this tick has still to do
   * @param otherNodes whether anybody outside this process wants to hear of new messages
   * @param appended told of what was new, in order, one tenant a time
   */
  public LogAppender(
      RedisLink store,
      Clock clock,
      Supplier<String> newEpoch,
      Executor endOfTick,
      BooleanSupplier otherNodes,
      Consumer<List<LogEntry>> appended) {
    this.store = store;
    this.clock = clock;
    this.newEpoch = newEpoch;
    this.endOfTick = endOfTick;
    this.otherNodes = otherNodes;
    this.appended = appended;
  }

  /**
   * Appends one message, unless its key was seen.
   *
   * <p>Fails with {@link Problem#TOO_LARGE} above {@link #MAX_EVENT_BYTES}, {@link
   * Problem#OVERLOADED} when 20,000 wait already, {@link Problem#STORE_UNAVAILABLE} when the store
   * does not answer.
   */
  public Future<Appended> append(NewMessage message) {
    if (message.event().length > MAX_EVENT_BYTES) {
      return Future.failedFuture(
          Problem.TOO_LARGE.because("event over " + MAX_EVENT_BYTES + " bytes"));
    }
    if (waitingMessages >= WAITING_MESSAGES) {
      return Future.failedFuture(
          Problem.OVERLOADED.because("too many messages wait for the store"));
    }
    Waiting w = new Waiting(message, Promise.promise());
    waiting.computeIfAbsent(message.tenant(), t -> new ArrayList<>(4)).add(w);
    waitingMessages++;
    if (!scheduled && underWay < CALLS_UNDER_WAY) {
      scheduled = true;
      endOfTick.execute(this::flush);
    }
    return w.promise.future();
  }

  private void flush() {
    scheduled = false;
    Iterator<Map.Entry<String, List<Waiting>>> tenants = waiting.entrySet().iterator();
    while (tenants.hasNext() && underWay < CALLS_UNDER_WAY * 64) {
      Map.Entry<String, List<Waiting>> next = tenants.next();
      List<Waiting> all = next.getValue();
      int n = callSize(all);
      if (n == all.size()) {
        tenants.remove();
        call(next.getKey(), all);
      } else {
        List<Waiting> some = new ArrayList<>(all.subList(0, n));
        all.subList(0, n).clear();
        call(next.getKey(), some);
      }
    }
  }

  private static int callSize(List<Waiting> all) {
    int bytes = 0;
    int n = 0;
    while (n < all.size() && n < CALL_MESSAGES && (n == 0 || bytes < CALL_BYTES)) {
      bytes += all.get(n++).message.event().length;
    }
    return n;
  }

  private void call(String tenant, List<Waiting> batch) {
    Keys keys = Keys.of(tenant);
    List<String> names = new ArrayList<>(3 + batch.size());
    List<Object> args = new ArrayList<>(4 + 3 * batch.size());
    names.add(keys.head());
    names.add(keys.log());
    names.add(keys.marks());
    args.add(newEpoch.get());
    args.add(Integer.toString(DEDUPE_SECONDS));
    args.add(Long.toString(clock.wallMillis()));
    args.add(otherNodes.getAsBoolean() ? keys.hints() : "");
    for (Waiting w : batch) {
      NewMessage m = w.message;
      if (m.dedupeKey() != null && m.account() != null) {
        names.add(keys.seen(m.account(), m.dedupeKey()));
        args.add("1");
      } else {
        args.add("0");
      }
      args.add(m.header().encode());
      args.add(m.event());
    }
    underWay++;
    waitingMessages -= batch.size();
    store
        .eval(LogScripts.APPEND, names, args.toArray())
        .onComplete(
            reply -> {
              done();
              answer(tenant, batch, reply);
            },
            failure -> {
              done();
              for (Waiting w : batch) {
                w.promise.fail(failure);
              }
            });
  }

  private void done() {
    underWay--;
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      endOfTick.execute(this::flush);
    }
  }

  /**
   * Watchers hear before senders, so that a message is on its way to clients when WeChat is
   * answered.
   */
  private void answer(String tenant, List<Waiting> batch, Response reply) {
    String epoch = reply.get(0).toString();
    List<LogEntry> fresh = new ArrayList<>(batch.size());
    long[] seqs = new long[batch.size()];
    for (int i = 0; i < seqs.length; i++) {
      seqs[i] = reply.get(i + 1).toLong();
      if (seqs[i] > 0) {
        NewMessage m = batch.get(i).message;
        fresh.add(new LogEntry(tenant, epoch, seqs[i], m.header(), m.event()));
      }
    }
    if (!fresh.isEmpty()) {
      appended.accept(fresh);
    }
    for (int i = 0; i < seqs.length; i++) {
      batch.get(i).promise.complete(new Appended(epoch, Math.abs(seqs[i]), seqs[i] < 0));
    }
  }

  private record Waiting(NewMessage message, Promise<Appended> promise) {}
}
