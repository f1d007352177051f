package dev.hongyan.router.spool;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue of messages on the local disk; one for the process. Thread-safe: everything that touches
 * the disk is done on one thread of its own, and whatever waits for it is written and forced
 * together.
 *
 * <p>Each process writes to a folder of its own, {@code <dir>/<node>}; the folder of one that is
 * gone is adopted, at the start and every ten seconds. What cannot be read, or is refused by the
 * log for good, is set aside in {@code <dir>/bad}, and counts as used until somebody takes it away.
 */
public final class Spool implements Overflow {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  /** What may wait for the disk; with more, it does not keep up. */
  private static final long WAITING_BYTES_MAX = 32L << 20;

  /** No push that is seen every day is larger. */
  private static final int USUAL_BYTES = 64 * 1024;

  private static final int BATCH_BYTES = 4 << 20;
  private static final int ADOPT_EVERY_SECONDS = 10;

  /** After the disk refused, it is left alone for this long. */
  private static final long PAUSE_NANOS = 500_000_000L;

  private final Settings settings;
  private final Clock clock;
  private final LongSupplier marks;
  private final Disk disk;
  private final ScheduledExecutorService worker;
  private final Backlog backlog = new Backlog();
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final List<Runnable> filled = new CopyOnWriteArrayList<>();
  private final Tally appended;
  private final Tally refused;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private boolean flushing; // guarded by waiting
  private boolean closed; // guarded by waiting
  private volatile long pauseUntilNanos;
  private volatile @Nullable String trouble;
  private volatile SpoolQueue queue;
  private SegmentWriter writer;
  private final Metrics metrics;

  /**
   * Where, and how much.
   *
   * @param dir the spool of this machine
   * @param node name of this process, different for every process that ever lived
   * @param maxBytes what all of it may take on the disk
   */
  public record Settings(Path dir, String node, long maxBytes) {}

  /**
   * What the spool can say of itself.
   *
   * @param messages that wait in it
   * @param bytes on the disk, also those that were set aside
   * @param badBytes those alone
   * @param full whether it refuses
   * @param trouble what the disk said last; null when it works
   */
  public record State(
      long messages, long bytes, long badBytes, boolean full, @Nullable String trouble) {}

  private record Waiting(String tenant, byte[] record, Promise<Void> promise) {}

  @SuppressWarnings("NullAway.Init") // queue and writer are made in begin, before anybody has this
  private Spool(Settings settings, Clock clock, LongSupplier marks, Metrics metrics, Disk disk) {
    this.settings = settings;
    this.clock = clock;
    this.marks = marks;
    this.metrics = metrics;
    this.disk = disk;
    this.appended = metrics.tally(Series.SPOOL_APPENDED);
    this.refused = metrics.tally(Series.SPOOL_REFUSED);
    this.pauseUntilNanos = clock.nanos();
    this.worker =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "hongyan-spool");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Opens the spool and reads what former processes left there (about a second per GiB).
   *
   * @param marks random numbers
   */
  public static Future<Spool> open(
      Settings settings, Clock clock, LongSupplier marks, Metrics metrics) {
    return open(settings, clock, marks, metrics, Disk.REAL);
  }

  static Future<Spool> open(
      Settings settings, Clock clock, LongSupplier marks, Metrics metrics, Disk disk) {
    Spool spool = new Spool(settings, clock, marks, metrics, disk);
    return spool
        .onWorker(
            () -> {
              spool.begin();
              return spool;
            })
        .onFailure(e -> spool.worker.shutdown());
  }

  @Override
  public int held(String tenant) {
    return backlog.of(tenant);
  }

  @Override
  public void onEmptied(Consumer<String> listener) {
    backlog.onEmptied(listener);
  }

  @Override
  public Future<Void> append(NewMessage message) {
    byte[] record;
    try {
      record = RecordFormat.encode(message, clock.wallMillis());
    } catch (ProblemException tooLarge) {
      return Future.failedFuture(tooLarge);
    }
    ProblemException no = reserve(record.length);
    if (no != null) {
      refused.add();
      return Future.failedFuture(no);
    }
    backlog.add(message.tenant(), 1);
    ContextInternal caller = ContextInternal.current();
    Promise<Void> promise = caller == null ? Promise.promise() : caller.promise();
    Waiting one = new Waiting(message.tenant(), record, promise);
    synchronized (waiting) {
      if (!closed) {
        waiting.add(one);
        flushSoon();
        return promise.future();
      }
    }
    giveUp(List.of(one), Problem.STORE_UNAVAILABLE.because("The spool is closed"));
    return promise.future();
  }

  /** What it holds; from any thread. */
  public State state() {
    return new State(backlog.total(), used.get(), queue.badBytes(), !hasRoom(), trouble);
  }

  /** Whether a message of a usual size would be taken now. */
  public boolean takes() {
    return trouble == null && hasRoom();
  }

  private boolean hasRoom() {
    return used.get() + USUAL_BYTES <= settings.maxBytes();
  }

  /** Called on whatever thread when there is something to drain. */
  void onFilled(Runnable listener) {
    filled.add(listener);
  }

  /** The oldest messages that were not drained; null when there are none. One at a time. */
  Future<@Nullable Chunk> next() {
    return onWorker(() -> queue.next());
  }

  /** One message of a chunk is in the log, or will never be. */
  void left(Spooled message) {
    backlog.remove(message.message().tenant(), 1);
  }

  /**
   * All of a chunk has left.
   *
   * @param refusedForGood those of it that are to be set aside
   */
  Future<Void> done(Chunk chunk, List<Spooled> refusedForGood) {
    return onWorker(
        () -> {
          queue.done(chunk, refusedForGood);
          return null;
        });
  }

  /** Writes what waits, and gives the folder back. What was not drained stays. */
  public Future<Void> close() {
    synchronized (waiting) {
      if (closed) {
        return Future.succeededFuture();
      }
      closed = true;
    }
    return this.<Void>onWorker(
            () -> {
              flush();
              writer.seal();
              queue.close();
              return null;
            })
        .onComplete(done -> worker.shutdown());
  }

  private @Nullable ProblemException reserve(int size) {
    if (clock.nanos() - pauseUntilNanos < 0) {
      return Problem.STORE_UNAVAILABLE.because("The spool cannot be written");
    }
    if (waitingBytes.addAndGet(size) > WAITING_BYTES_MAX) {
      waitingBytes.addAndGet(-size);
      return Problem.OVERLOADED.because("Too much waits for the disk");
    }
    if (used.addAndGet(size) > settings.maxBytes()) {
      used.addAndGet(-size);
      waitingBytes.addAndGet(-size);
      return Problem.OVERLOADED.because("The spool is full");
    }
    return null;
  }

  private void flushSoon() {
    if (!flushing) {
      flushing = true;
      worker.execute(this::flushSome);
    }
  }

  // Everything below runs on the worker.

  private void begin() throws IOException {
    Path dir = settings.dir().toAbsolutePath();
    SpoolFolder own = SpoolFolder.make(dir, settings.node());
    writer = new SegmentWriter(own, disk, marks);
    queue = new SpoolQueue(dir, own, writer, disk, backlog, used, metrics);
    boolean unusedAdopted = queue.adopt();
    metrics.gauge(Series.SPOOL_BYTES, used::get);
    metrics.gauge(Series.SPOOL_MESSAGES, backlog::total);
    metrics.gauge(Series.SPOOL_OLDEST, this::oldestSeconds);
    if (backlog.total() > 0) {
      LOG.info("{} messages of former processes are in the spool", backlog.total());
    }
    var unused =
        worker.scheduleWithFixedDelay(
            this::lookAround, ADOPT_EVERY_SECONDS, ADOPT_EVERY_SECONDS, TimeUnit.SECONDS);
  }

  private double oldestSeconds() {
    long oldest = queue.oldestMillis();
    return oldest == 0 ? 0 : Math.max(0, clock.wallMillis() - oldest) / 1000.0;
  }

  /** Does now what is done every ten seconds; for tests. */
  Future<Void> lookAroundNow() {
    return onWorker(
        () -> {
          lookAround();
          return null;
        });
  }

  /** Deletes what is of no use any more and adopts what others left. */
  private void lookAround() {
    try {
      queue.tidy();
      if (trouble != null) {
        writer.write(queue.newest(), List.of());
        trouble = null;
      }
      if (queue.adopt()) {
        filled.forEach(Runnable::run);
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("The spool could not be looked through: {}", e.toString());
    }
  }

  private void flush() {
    boolean more = true;
    while (more) {
      var unused = flushBatch();
      synchronized (waiting) {
        more = !waiting.isEmpty();
      }
    }
  }

  /** One batch, and then others have their turn. */
  private void flushSome() {
    boolean some = flushBatch();
    synchronized (waiting) {
      flushing = false;
      if (!waiting.isEmpty()) {
        flushSoon();
      }
    }
    if (some) {
      filled.forEach(Runnable::run);
    }
  }

  private boolean flushBatch() {
    List<Waiting> batch = new ArrayList<>();
    int bytes = 0;
    synchronized (waiting) {
      while (!waiting.isEmpty() && bytes < BATCH_BYTES) {
        Waiting next = waiting.remove();
        bytes += next.record.length;
        batch.add(next);
      }
    }
    if (batch.isEmpty()) {
      return false;
    }
    try {
      Segment to = queue.newest();
      writer.write(to, batch.stream().map(Waiting::record).toList());
      queue.written(to, clock.wallMillis());
      for (Waiting one : batch) {
        to.add(one.tenant);
      }
      waitingBytes.addAndGet(-bytes);
      appended.add(batch.size());
      trouble = null;
      batch.forEach(one -> one.promise.complete());
      return true;
    } catch (IOException | RuntimeException e) {
      if (trouble == null) {
        LOG.error("The spool cannot be written: {}", e.toString());
      }
      trouble = String.valueOf(e.getMessage());
      pauseUntilNanos = clock.nanos() + PAUSE_NANOS;
      refused.add(batch.size());
      giveUp(batch, Problem.STORE_UNAVAILABLE.because("The spool cannot be written"));
      return false;
    }
  }

  private void giveUp(List<Waiting> batch, ProblemException why) {
    for (Waiting one : batch) {
      used.addAndGet(-one.record.length);
      waitingBytes.addAndGet(-one.record.length);
      backlog.remove(one.tenant, 1);
      one.promise.fail(why);
    }
  }

  private <T extends @Nullable Object> Future<T> onWorker(Callable<T> work) {
    ContextInternal caller = ContextInternal.current();
    Promise<T> promise = caller == null ? Promise.promise() : caller.promise();
    try {
      worker.execute(
          () -> {
            try {
              promise.complete(work.call());
            } catch (Exception e) {
              promise.fail(e);
            }
          });
    } catch (RejectedExecutionException e) {
      promise.fail(Problem.STORE_UNAVAILABLE.because("The spool is closed"));
    }
    return promise.future();
  }
}
