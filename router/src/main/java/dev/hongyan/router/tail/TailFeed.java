package dev.hongyan.router.tail;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Follows the live end of the logs for one event loop. Whoever watches a tenant gets its new
 * entries in order and without holes; hints that were lost or came in disorder cost a read of the
 * log.
 *
 * <p>All methods but {@link #isWatching} are called on the loop; {@link Watcher}s are called there
 * too.
 */
public final class TailFeed {
  /** Hints of two loops cross within this time; a hole that is older is filled from the log. */
  private static final Duration HOLE_PATIENCE = Duration.ofMillis(2);

  private static final Duration CHECK_EVERY = Duration.ofSeconds(1);
  private static final int CHECKS_AT_ONCE = 500;
  private static final int READ_AT_ONCE = 256;

  private final LogStore log;
  private final Timers timers;
  private final Executor loop;
  private final TailExchange exchange;
  private final int recentEntries;
  private final int recentBytes;
  private final Map<String, Watched> watched = new HashMap<>();
  private final ConcurrentHashMap<String, Boolean> interest = new ConcurrentHashMap<>();
  private final ArrayDeque<Watched> checks = new ArrayDeque<>();
  private final Timers.Cancellable checker;
  private boolean holeTimer;

  /** Somebody who reads a tenant's log at its live end. */
  public interface Watcher {
    /** New entries, in order; the tail's head is the last of them (or later). */
    void advanced(Tail tail, List<LogEntry> entries);

    /**
     * The tail moved without entries at hand: places were skipped or the log was replaced. Read the
     * log.
     */
    void moved(Tail tail, long headBefore);
  }

  /**
   * @param loop runs a task on this feed's event loop, from any thread
   * @param recentEntries how many recent entries of a tenant are kept at hand
   * @param recentBytes and how many bytes of them
   */
  public TailFeed(
      LogStore log,
      Timers timers,
      Executor loop,
      TailExchange exchange,
      int recentEntries,
      int recentBytes) {
    this.log = log;
    this.timers = timers;
    this.loop = loop;
    this.exchange = exchange;
    this.recentEntries = recentEntries;
    this.recentBytes = recentBytes;
    exchange.join(this);
    checker = timers.every(CHECK_EVERY, this::check);
  }

  /**
   * Begins to follow {@code tenant}; the Future gives its tail once both ends of the log are known.
   */
  public Future<Tail> watch(String tenant, Watcher watcher) {
    Watched w = watched.computeIfAbsent(tenant, this::begin);
    w.watchers.add(watcher);
    return w.ready;
  }

  /** Ends what {@link #watch} began. */
  public void unwatch(String tenant, Watcher watcher) {
    Watched w = watched.get(tenant);
    if (w != null && w.watchers.remove(watcher) && w.watchers.isEmpty()) {
      watched.remove(tenant);
      interest.remove(tenant);
      w.gone = true;
    }
  }

  /** New entries of one tenant that this loop appended. */
  public void publish(List<LogEntry> entries) {
    offer(entries);
    exchange.tell(this, entries);
  }

  /** Whether anybody on this loop follows {@code tenant}; from any thread. */
  public boolean isWatching(String tenant) {
    return interest.containsKey(tenant);
  }

  /** Makes sure that the tail is not behind the log; the Future ends when that is known. */
  public Future<Void> catchUp(String tenant) {
    Watched w = watched.get(tenant);
    return w == null ? Future.succeededFuture() : w.ready.compose(t -> compare(w)).mapEmpty();
  }

  public void close() {
    checker.cancel();
    exchange.leave(this);
    watched.values().forEach(w -> w.gone = true);
    watched.clear();
    interest.clear();
  }

  void hear(List<LogEntry> entries) {
    loop.execute(() -> offer(entries));
  }

  void hearHead(String tenant, long head) {
    loop.execute(
        () -> {
          Watched w = watched.get(tenant);
          if (w != null && w.tail != null && head > w.tail.head()) {
            readOn(w, head);
          }
        });
  }

  private Watched begin(String tenant) {
    Watched w = new Watched(tenant);
    interest.put(tenant, true);
    checks.add(w);
    start(w);
    return w;
  }

  private void start(Watched w) {
    w.ready =
        log.head(w.tenant)
            .map(
                head -> {
                  Tail tail =
                      new Tail(w.tenant, head.epoch(), head.seq(), recentEntries, recentBytes);
                  w.tail = tail;
                  List<LogEntry> early = w.beforeReady;
                  w.beforeReady = new ArrayList<>(0);
                  offer(early);
                  return tail;
                });
    w.ready.onFailure(
        e -> {
          if (watched.get(w.tenant) == w) { // the next watcher asks anew
            watched.remove(w.tenant);
            interest.remove(w.tenant);
            w.gone = true;
          }
        });
  }

  private void offer(List<LogEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    Watched w = watched.get(entries.get(0).tenant());
    if (w == null) {
      return;
    }
    if (w.tail == null) {
      if (w.beforeReady.size() + entries.size() <= Tail.EARLY_ENTRIES) {
        w.beforeReady.addAll(entries);
      }
      return;
    }
    List<LogEntry> inOrder =
        entries.size() == 1 ? w.tail.offer(entries.get(0)) : offerAll(w.tail, entries);
    w.quiet = false;
    tell(w, inOrder);
    if (w.tail.hasHole() && !holeTimer) {
      holeTimer = true;
      var unused = timers.after(HOLE_PATIENCE, this::fillHoles);
    }
  }

  private static List<LogEntry> offerAll(Tail tail, List<LogEntry> entries) {
    List<LogEntry> inOrder = new ArrayList<>(entries.size());
    for (LogEntry e : entries) {
      inOrder.addAll(tail.offer(e));
    }
    return inOrder;
  }

  private static void tell(Watched w, List<LogEntry> inOrder) {
    if (!inOrder.isEmpty() && w.tail != null) {
      for (int i = 0; i < w.watchers.size(); i++) {
        w.watchers.get(i).advanced(w.tail, inOrder);
      }
    }
  }

  private void fillHoles() {
    holeTimer = false;
    for (Watched w : List.copyOf(watched.values())) {
      if (w.tail != null && w.tail.hasHole()) {
        readOn(w, w.tail.head() + 1);
      }
    }
  }

  /** Reads the log from the head on until {@code until} is reached. */
  private void readOn(Watched w, long until) {
    Tail tail = w.tail;
    if (tail == null || w.reading) {
      return;
    }
    w.reading = true;
    long from = tail.head() + 1;
    String epoch = tail.epoch();
    log.read(w.tenant, epoch, from, READ_AT_ONCE)
        .onComplete(
            entries -> {
              w.reading = false;
              if (w.gone || !epoch.equals(tail.epoch())) {
                return;
              }
              if (!entries.isEmpty() && entries.get(0).seq() > tail.head() + 1) {
                long headBefore = tail.head();
                List<LogEntry> waited = tail.skipTo(entries.get(0).seq());
                moved(w, headBefore); // first, so that readers look for what lies before these
                tell(w, waited);
              }
              tell(w, offerAll(tail, entries));
              if (!entries.isEmpty() && (tail.head() < until || tail.hasHole())) {
                readOn(w, until);
              }
            },
            e -> w.reading = false); // the regular check tries again
  }

  private static void moved(Watched w, long headBefore) {
    if (w.tail != null) {
      for (Watcher watcher : List.copyOf(w.watchers)) {
        watcher.moved(w.tail, headBefore);
      }
    }
  }

  /**
   * Asks for the heads of tenants that were quiet: the answer to lost hints, bounded per second.
   */
  private void check() {
    for (int n = Math.min(checks.size(), CHECKS_AT_ONCE); n > 0; n--) {
      Watched w = checks.poll();
      if (w == null || w.gone) {
        continue;
      }
      checks.add(w);
      if (w.quiet && w.tail != null && !w.checking) {
        w.checking = true;
        compare(w).onComplete(ok -> w.checking = false, e -> w.checking = false);
      }
      w.quiet = true;
    }
  }

  private Future<LogHead> compare(Watched w) {
    long known =
        w.tail == null ? 0 : w.tail.head(); // entries may come while the question is under way
    return log.head(w.tenant)
        .onSuccess(
            head -> {
              if (w.gone || w.tail == null) {
                return;
              }
              if (!head.epoch().equals(w.tail.epoch()) || head.seq() < known) {
                long headBefore = w.tail.head();
                w.tail.restart(head.epoch(), head.seq());
                moved(w, headBefore);
              } else if (head.seq() > w.tail.head()) {
                readOn(w, head.seq());
              }
            });
  }

  private static final class Watched {
    final String tenant;
    final List<Watcher> watchers = new ArrayList<>(2);
    List<LogEntry> beforeReady = new ArrayList<>(0);
    Future<Tail> ready = Future.failedFuture("not begun");
    @Nullable Tail tail;
    boolean quiet = true;
    boolean checking;
    boolean reading;
    boolean gone;

    Watched(String tenant) {
      this.tenant = tenant;
    }
  }
}
