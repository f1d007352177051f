package dev.hongyan.tenant.usage;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.usage.Usage;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what was counted to the store: every ten seconds, at the end of a day (UTC) and when the
 * process stops; one script for each tenant that did something. What the store did not take is kept
 * and sent again, under its number. Thread-safe.
 *
 * <p>Bounded: while the store is away the counts go on growing in their meters, which are as many
 * as tenants; a process that dies loses what was counted since it was last stored.
 */
public final class UsageKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(UsageKeeper.class);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final int STORE_LOOKS = 10;

  /** Batches that wait for the store, one a day. With more, later days would count together. */
  private static final int DAYS_MAX = 30;

  private final Usage usage;
  private final UsageStore store;
  private final Clock clock;
  private final String sender;
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>();
  private final Timers.Cancellable looks;
  private LocalDate day;
  private int count;
  private long number;
  private volatile long storedAtNanos;
  private @Nullable Future<Void> sending;

  /** What was counted on a day, and is on its way. */
  private static final class Batch {
    final LocalDate day;
    final long number;

    /** Those that the store has not taken yet. */
    final Map<String, long[]> counts;

    Batch(LocalDate day, long number, Map<String, long[]> counts) {
      this.day = day;
      this.number = number;
      this.counts = new ConcurrentHashMap<>(counts);
    }
  }

  /**
   * @param sender names this process; no other has that name, nor had
   */
  public UsageKeeper(Usage usage, UsageStore store, Clock clock, Timers timers, String sender) {
    this.usage = usage;
    this.store = store;
    this.clock = clock;
    this.sender = sender;
    this.day = today();
    this.storedAtNanos = clock.nanos();
    this.looks = timers.every(LOOK, this::look);
  }

  private LocalDate today() {
    return LocalDate.ofInstant(Instant.ofEpochMilli(clock.wallMillis()), ZoneOffset.UTC);
  }

  private synchronized void look() {
    boolean over = !today().equals(day);
    if (over || ++count >= STORE_LOOKS) {
      var unused = flush();
    }
  }

  /** Seconds since everything was in the store; from any thread. */
  public double unsavedSeconds() {
    return (clock.nanos() - storedAtNanos) / 1e9;
  }

  /** Stores what there is; ends when the store has it, or has not. */
  public synchronized Future<Void> flush() {
    count = 0;
    Future<Void> before = sending;
    boolean busy = before != null && !before.isComplete();
    collect(busy);
    if (before != null && busy) {
      return before;
    }
    Future<Void> all = Future.succeededFuture();
    for (Batch batch : List.copyOf(waiting)) {
      all = all.compose(done -> send(batch));
    }
    sending =
        all.onComplete(
            done -> storedAtNanos = clock.nanos(),
            away -> LOG.debug("Usage was not stored: {}", away.getMessage()));
    return sending;
  }

  /**
   * Takes what was counted: it belongs to the day on which that began, and midnight is looked for
   * once a second, so a batch is closed then even if others are still on their way.
   */
  private void collect(boolean busy) {
    LocalDate of = day;
    day = today();
    boolean over = !day.equals(of);
    boolean mayWait = busy || !waiting.isEmpty() && waiting.getLast().day.equals(of);
    if (waiting.size() >= DAYS_MAX || mayWait && !over) {
      return;
    }
    Map<String, long[]> taken = usage.take();
    if (!taken.isEmpty()) {
      waiting.add(new Batch(of, ++number, taken));
    }
  }

  private synchronized Future<Void> send(Batch batch) {
    List<Future<Void>> each = new ArrayList<>(batch.counts.size());
    for (Map.Entry<String, long[]> of : List.copyOf(batch.counts.entrySet())) {
      each.add(
          store
              .add(of.getKey(), batch.day, sender, batch.number, of.getValue())
              .onSuccess(done -> batch.counts.remove(of.getKey())));
    }
    return Future.join(each).onSuccess(done -> stored(batch)).mapEmpty();
  }

  private synchronized void stored(Batch batch) {
    boolean unused = waiting.remove(batch); // by identity
  }

  /** Stores what there is for the last time. */
  public synchronized Future<Void> stop() {
    looks.cancel();
    Future<Void> before = sending == null ? Future.succeededFuture() : sending;
    // Once for what waited, and once for what was counted meanwhile.
    return before
        .transform(done -> flush())
        .compose(done -> flush())
        .recover(away -> Future.succeededFuture());
  }
}
