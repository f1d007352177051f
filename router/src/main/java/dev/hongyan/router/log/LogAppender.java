package dev.hongyan.router.log;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Puts messages into the logs, for one event loop. What one tick brings for one tenant leaves as
 * one script call; while a tenant's call is under way its next one gathers, so a burst costs fewer
 * and larger calls, and the messages of one tenant keep the order in which they were handed in,
 * whatever happens to a call. All of a call shares the store's one fsync.
 *
 * <p>A Future that succeeds means: durable. One that fails with {@link Problem#STORE_UNAVAILABLE}
 * means: not known; the sender tries again and de-duplication decides. What Redis itself refuses is
 * a {@link dev.hongyan.tenant.store.StoreError}.
 */
public final class LogAppender {
  /** How long a repeat is recognised. */
  public static final int DEDUPE_SECONDS = 86_400;

  /** Largest event that is taken; with its line it still fits a WebSocket frame of 1 MiB. */
  public static final int MAX_EVENT_BYTES = 1_000_000;

  /** Messages that may be without an answer, waiting or under way. */
  static final int HELD_MESSAGES = 20_000;

  /** And the bytes of their events. */
  static final int HELD_BYTES = 64 << 20;

  private static final int CALLS_UNDER_WAY = 256;
  private static final int CALL_MESSAGES = 256;
  private static final int CALL_BYTES = 1 << 20;

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;
  private final Executor endOfTick;
  private final BooleanSupplier otherNodes;
  private final Consumer<List<LogEntry>> appended;
  private final Map<String, Line> lines = new HashMap<>();
  private final ArrayDeque<Line> ready = new ArrayDeque<>();
  private DuplicateListener duplicates = (tenant, epoch, seq) -> {};
  private int heldMessages;
  private long heldBytes;
  private int underWay;
  private boolean scheduled;

  /**
   * @param store this event loop's link
   * @param newEpoch names a log that does not exist yet: 1 to 16 lower-case letters and digits,
   *     different every time
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

  /** Hears of messages that were there already. */
  public interface DuplicateListener {
    /** The first of its key is at {@code seq}, if it is in the log still. */
    void seen(String tenant, String epoch, long seq);
  }

  /** Tells {@code listener} of every repeat from now on, before its sender is answered. */
  public void onDuplicate(DuplicateListener listener) {
    duplicates = listener;
  }

  /**
   * Appends one message, unless its key was seen.
   *
   * <p>Fails with {@link Problem#TOO_LARGE} above {@link #MAX_EVENT_BYTES}, {@link
   * Problem#OVERLOADED} when 20,000 messages or 64 MiB are without an answer already, {@link
   * Problem#STORE_UNAVAILABLE} when the store does not answer.
   */
  public Future<Appended> append(NewMessage message) {
    return append(message, () -> false);
  }

  /**
   * The same, for a sender that may lose its patience.
   *
   * @param withdrawn asked before the message leaves: then it is not sent any more and fails with
   *     {@link Problem#STORE_UNAVAILABLE}
   */
  public Future<Appended> append(NewMessage message, BooleanSupplier withdrawn) {
    int size = message.event().length;
    if (size > MAX_EVENT_BYTES) {
      return Future.failedFuture(
          Problem.TOO_LARGE.because("event over " + MAX_EVENT_BYTES + " bytes"));
    }
    if (heldMessages >= HELD_MESSAGES || heldBytes + size > HELD_BYTES) {
      return Future.failedFuture(
          Problem.OVERLOADED.because("too many messages wait for the store"));
    }
    Line line = lines.get(message.tenant());
    if (line == null) {
      line = new Line(Keys.of(message.tenant()));
      lines.put(message.tenant(), line);
    }
    Waiting w = new Waiting(message, withdrawn, Promise.promise());
    line.waiting.add(w);
    heldMessages++;
    heldBytes += size;
    if (line.waiting.size() == 1 && !line.underWay) {
      ready.add(line);
      flushSoon();
    }
    return w.promise.future();
  }

  /** Every line that has something to say and no call under way stands in {@link #ready}. */
  private void flushSoon() {
    if (!scheduled && !ready.isEmpty() && underWay < CALLS_UNDER_WAY) {
      scheduled = true;
      endOfTick.execute(this::flush);
    }
  }

  private void flush() {
    scheduled = false;
    while (underWay < CALLS_UNDER_WAY && !ready.isEmpty()) {
      Line line = ready.remove();
      List<Waiting> withdrawn = new ArrayList<>(0);
      List<Waiting> batch = line.takeCall(withdrawn);
      release(withdrawn);
      if (!batch.isEmpty()) {
        call(line, batch);
      } else if (line.waiting.isEmpty()) {
        lines.remove(line.keys.tenant());
      } else {
        ready.add(line);
      }
      for (Waiting w : withdrawn) {
        w.promise.fail(Problem.STORE_UNAVAILABLE.because("withdrawn"));
      }
    }
  }

  private void call(Line line, List<Waiting> batch) {
    Keys keys = line.keys;
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
    line.underWay = true;
    store
        .eval(LogScripts.APPEND, names, args.toArray())
        .onComplete(
            reply -> {
              done(line, batch);
              answer(keys.tenant(), batch, reply);
            },
            failure -> {
              done(line, batch);
              for (Waiting w : batch) {
                w.promise.fail(failure);
              }
            });
  }

  private void done(Line line, List<Waiting> batch) {
    underWay--;
    line.underWay = false;
    release(batch);
    if (line.waiting.isEmpty()) {
      lines.remove(line.keys.tenant());
    } else {
      ready.add(line);
    }
    flushSoon();
  }

  private void release(List<Waiting> answered) {
    heldMessages -= answered.size();
    for (Waiting w : answered) {
      heldBytes -= w.message.event().length;
    }
  }

  /**
   * Watchers hear before senders, so that a message is on its way to clients when WeChat is
   * answered. A watcher that fails does not keep the senders waiting.
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
    try {
      if (!fresh.isEmpty()) {
        appended.accept(fresh);
      }
      for (long seq : seqs) {
        if (seq < 0) {
          duplicates.seen(tenant, epoch, -seq);
        }
      }
    } finally {
      for (int i = 0; i < seqs.length; i++) {
        batch.get(i).promise.complete(new Appended(epoch, Math.abs(seqs[i]), seqs[i] < 0));
      }
    }
  }

  private record Waiting(
      NewMessage message, BooleanSupplier withdrawn, Promise<Appended> promise) {}

  /** What waits for one tenant. */
  private static final class Line {
    final Keys keys;
    final ArrayDeque<Waiting> waiting = new ArrayDeque<>(4);
    boolean underWay;

    Line(Keys keys) {
      this.keys = keys;
    }

    List<Waiting> takeCall(List<Waiting> withdrawn) {
      List<Waiting> batch = new ArrayList<>(Math.min(waiting.size(), CALL_MESSAGES));
      int bytes = 0;
      while (!waiting.isEmpty() && batch.size() < CALL_MESSAGES && bytes < CALL_BYTES) {
        Waiting w = waiting.remove();
        if (w.withdrawn.getAsBoolean()) {
          withdrawn.add(w);
          continue;
        }
        bytes += w.message.event().length;
        batch.add(w);
      }
      return batch;
    }
  }
}
