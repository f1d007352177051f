package dev.hongyan.router.tail;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogReader;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private final LogReader log;
  private final Timers timers;
  private final Executor loop;
  private final TailExchange exchange;
  private final int recentEntries;
  private final int recentBytes;
  private final Map<String, Watched> watched = new HashMap<>();
  private final ConcurrentHashMap<String, Boolean> interest = new ConcurrentHashMap<>();
  private final Set<Watched> checks = new LinkedHashSet<>();
  private final Set<Watched> holed = new LinkedHashSet<>();
  private final Timers.Cancellable checker;
  private boolean holeTimer;

  /** Somebody who reads a tenant's log at its live end. */
  public interface Watcher {
    /** New entries, in order; the tail's head is the last of them (or later). */
    void advanced(Tail tail, List<LogEntry> entries);

    /**
     * The tail moved without entries at hand: places were skipped, or the log was replaced (the
     * tail's epoch is another) or lost its newest part (the tail's head is lower). Read the log.
     */
    void moved(Tail tail, long headBefore);
  }

  /**
   * @param loop runs a task on this feed's event loop, from any thread
   * @param recentEntries how many recent entries of a tenant are kept at hand
   * @param recentBytes and how many bytes of them
   */
  public TailFeed(
      LogReader log,
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
    Watched w = watched.get(tenant);
    if (w == null) {
      w = new Watched(tenant);
      watched.put(tenant, w);
      interest.put(tenant, true); // before the log is asked: what comes from now on is heard
      checks.add(w);
      start(w);
    }
    // Copied, not changed: somebody may come or go while the others are being told.
    List<Watcher> more = new ArrayList<>(w.watchers);
    more.add(watcher);
    w.watchers = more;
    return w.ready;
  }

  /** Ends what {@link #watch} began; {@code watcher} hears nothing any more. */
  public void unwatch(String tenant, Watcher watcher) {
    Watched w = watched.get(tenant);
    if (w != null && w.watchers.contains(watcher)) {
      List<Watcher> fewer = new ArrayList<>(w.watchers);
      fewer.remove(watcher);
      w.watchers = fewer;
      if (fewer.isEmpty()) {
        forget(w);
      }
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

  /**
   * Compares the tail with the log; the Future ends when the tail knows how far the log goes. What
   * it lacks is then on its way to the watchers.
   */
  public Future<Void> catchUp(String tenant) {
    Watched w = watched.get(tenant);
    return w == null ? Future.succeededFuture() : w.ready.compose(t -> compare(w)).mapEmpty();
  }

  public void close() {
    checker.cancel();
    exchange.leave(this);
    List.copyOf(watched.values()).forEach(this::forget);
  }

  void hear(List<LogEntry> entries) {
    loop.execute(() -> offer(entries));
  }

  void hearHead(String tenant, long head) {
    loop.execute(
        () -> {
          Watched w = watched.get(tenant);
          if (w != null) {
            w.hinted = Math.max(w.hinted, head);
            readOn(w);
          }
        });
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
                  take(w, tail, early);
                  readOn(w);
                  return tail;
                });
    var unused = w.ready.onFailure(e -> forget(w)); // the next watcher asks anew
  }

  private void forget(Watched w) {
    w.gone = true;
    checks.remove(w);
    holed.remove(w);
    if (watched.remove(w.tenant, w)) {
      interest.remove(w.tenant);
    }
  }

  private void offer(List<LogEntry> entries) {
    Watched w = entries.isEmpty() ? null : watched.get(entries.get(0).tenant());
    if (w == null) {
      return;
    }
    if (w.tail != null) {
      take(w, w.tail, entries);
    } else if (w.beforeReady.size() + entries.size() <= Tail.EARLY_ENTRIES) {
      w.beforeReady.addAll(entries);
    }
  }

  private void take(Watched w, Tail tail, List<LogEntry> entries) {
    if (entries.isEmpty() || w.gone) {
      return;
    }
    tell(w, tail, offerAll(tail, entries));
    if (!entries.get(entries.size() - 1).epoch().equals(tail.epoch())) {
      compareSoon(w); // the log was replaced, or this is a straggler of the one before
      return;
    }
    w.quiet = false;
    if (tail.hasHole() && holed.add(w) && !holeTimer) {
      holeTimer = true;
      var unused = timers.after(HOLE_PATIENCE, this::fillHoles);
    }
  }

  private static List<LogEntry> offerAll(Tail tail, List<LogEntry> entries) {
    if (entries.size() == 1) {
      return tail.offer(entries.get(0));
    }
    List<LogEntry> inOrder = new ArrayList<>(entries.size());
    for (LogEntry e : entries) {
      inOrder.addAll(tail.offer(e));
    }
    return inOrder;
  }

  private static void tell(Watched w, Tail tail, List<LogEntry> inOrder) {
    if (!inOrder.isEmpty()) {
      List<Watcher> watchers = w.watchers;
      for (int i = 0; i < watchers.size(); i++) {
        Watcher watcher = watchers.get(i);
        if (watchers == w.watchers || w.watchers.contains(watcher)) {
          watcher.advanced(tail, inOrder);
        }
      }
    }
  }

  private static void moved(Watched w, Tail tail, long headBefore) {
    for (Watcher watcher : w.watchers) {
      if (w.watchers.contains(watcher)) {
        watcher.moved(tail, headBefore);
      }
    }
  }

  private void fillHoles() {
    holeTimer = false;
    List<Watched> now = List.copyOf(holed);
    holed.clear();
    now.forEach(this::readOn);
  }

  /**
   * Reads the log from the head on until everything is there that is known or was said to be. What
   * is known to be there ({@code sure}) and is not found was trimmed; what was only said ({@code
   * hinted}) and is not found is asked about.
   */
  private void readOn(Watched w) {
    Tail tail = w.tail;
    if (tail == null || w.gone || w.reading) {
      return; // whoever reads looks again at its end
    }
    if (tail.hasHole()) {
      w.sure = Math.max(w.sure, tail.firstEarly() - 1);
    }
    if (Math.max(w.sure, w.hinted) <= tail.head()) {
      return;
    }
    w.reading = true;
    long sure = w.sure;
    String epoch = tail.epoch();
    log.read(w.tenant, epoch, tail.head() + 1, READ_AT_ONCE)
        .onComplete(
            entries -> {
              w.reading = false;
              if (w.gone || !epoch.equals(tail.epoch())) {
                return;
              }
              long next = entries.isEmpty() ? sure + 1 : entries.get(0).seq();
              if (next > tail.head() + 1) {
                skip(w, tail, next);
              } else if (entries.isEmpty() && w.hinted > tail.head()) {
                w.hinted = 0;
                compareSoon(w);
              }
              tell(w, tail, offerAll(tail, entries));
              readOn(w);
            },
            e -> {
              w.reading = false;
              w.quiet = true; // so that the regular check tries again
            });
  }

  private static void skip(Watched w, Tail tail, long next) {
    long headBefore = tail.head();
    List<LogEntry> waited = tail.skipTo(next);
    moved(w, tail, headBefore); // first, so that readers look for what lies before these
    tell(w, tail, waited);
  }

  /**
   * Asks for the heads of tenants that were quiet: the answer to lost hints, bounded per second.
   */
  private void check() {
    List<Watched> now = new ArrayList<>(Math.min(checks.size(), CHECKS_AT_ONCE));
    for (Iterator<Watched> i = checks.iterator(); i.hasNext() && now.size() < CHECKS_AT_ONCE; ) {
      now.add(i.next());
      i.remove();
    }
    checks.addAll(now); // at the end of the line
    for (Watched w : now) {
      if (w.quiet) {
        compareSoon(w);
      }
      w.quiet = true;
    }
  }

  private void compareSoon(Watched w) {
    if (w.tail != null && !w.comparing && !w.gone) {
      w.comparing = true;
      compare(w).onComplete(ok -> w.comparing = false, e -> w.comparing = false);
    }
  }

  private Future<LogHead> compare(Watched w) {
    // Entries may come while the question is under way: only what was known before must be there.
    long known = w.tail == null ? 0 : w.tail.head();
    return log.head(w.tenant)
        .onSuccess(
            head -> {
              Tail tail = w.tail;
              if (w.gone || tail == null) {
                return;
              }
              if (!head.epoch().equals(tail.epoch()) || head.seq() < known) {
                long headBefore = tail.head();
                tail.restart(head.epoch(), head.seq());
                w.sure = 0;
                w.hinted = 0;
                moved(w, tail, headBefore);
              } else {
                w.sure = Math.max(w.sure, head.seq());
                readOn(w);
              }
            });
  }

  private static final class Watched {
    final String tenant;
    List<Watcher> watchers = List.of();
    List<LogEntry> beforeReady = new ArrayList<>(0);
    Future<Tail> ready = Future.failedFuture("not begun");
    @Nullable Tail tail;

    /** How far the log goes for certain, and how far somebody said it does. */
    long sure;

    long hinted;
    boolean quiet = true;
    boolean comparing;
    boolean reading;
    boolean gone;

    Watched(String tenant) {
      this.tenant = tenant;
    }
  }
}
