package dev.hongyan.router.consume;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.LogEntry;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One consumer's messages: which are handed out when. Of each subject one is under way at a time;
 * what fails holds up its subject and nothing else, because it is parked together with what follows
 * it there. Among different subjects the earliest deadline goes first.
 *
 * <p>It pulls: {@link #wantsMore} says whether to {@link #offer} the entry at {@link #next}. {@link
 * #take} gives what may begin now, and one of {@link #delivered}, {@link #retry}, {@link #dead},
 * {@link #expired} or {@link #held} ends it. {@link #takeSave} gives what the store has to know.
 * Pure and for one thread; time is handed in.
 */
final class ConsumerQueue {
  private static final Comparator<Lane> BY_DEADLINE =
      Comparator.<Lane>comparingLong(l -> l.lineDeadline)
          .thenComparingLong(l -> l.lineOrder)
          .thenComparing(l -> l.key);
  private static final Comparator<Lane> BY_DUE =
      Comparator.<Lane>comparingLong(l -> l.lineDue).thenComparing(l -> l.key);

  private Limits limits;
  private String epoch;
  private Places places;
  private Counts counts;
  private Effects effects = new Effects();
  private final Map<String, Lane> lanes = new HashMap<>();
  private final Map<String, Work> parked = new HashMap<>();
  private final Set<String> taken = new HashSet<>(0);
  private final TreeSet<Lane> ready = new TreeSet<>(BY_DEADLINE);
  private final TreeSet<Lane> timed = new TreeSet<>(BY_DUE);
  private long freshBytes;
  private int fresh;
  private int underWay;
  private long nameless;
  private boolean changed;

  /**
   * How much a consumer holds.
   *
   * @param queue messages of the log that may be in memory, waiting or under way
   * @param queueBytes and the bytes of those that wait; reading stops once it is over either
   * @param concurrency messages under way at once
   * @param parked messages that may be parked before reading stops
   */
  record Limits(int queue, long queueBytes, int concurrency, int parked) {
    static final int PARKED = 100_000;
    static final long QUEUE_BYTES = 8 << 20;
  }

  /**
   * @param floor of the cursor
   * @param progress what is settled above it
   */
  ConsumerQueue(Cursor floor, Progress progress, Counts counts, Limits limits) {
    this.epoch = floor.epoch();
    this.places = new Places(floor.seq(), progress);
    this.counts = counts;
    this.limits = limits;
  }

  /** Takes in what an earlier life parked, in order, before anything is offered. */
  void restore(Work work) {
    work.stored = true;
    lanes.put(work.lane.key, work.lane);
    park(work);
    line(work.lane);
  }

  /** The lane of a subject; a message without one gets its own. */
  Lane lane(@Nullable String subject) {
    String key = subject == null ? "\n" + nameless++ : subject;
    Lane known = lanes.get(key);
    return known != null ? known : new Lane(key);
  }

  void limits(Limits now) {
    limits = now;
  }

  // ---- reading ----

  String epoch() {
    return epoch;
  }

  /** The place that is looked at next. */
  long next() {
    return places.next();
  }

  boolean wantsMore() {
    return places.openCount() < limits.queue()
        && freshBytes < limits.queueBytes()
        && parked.size() < limits.parked();
  }

  /**
   * Takes the log's next entry.
   *
   * @param wanted false when it is not for this consumer
   */
  void offer(LogEntry entry, boolean wanted) {
    if (entry.seq() < places.next()) {
      return;
    }
    gone(entry.seq() - 1);
    changed = true;
    if (places.pass(entry.seq())) {
      return;
    }
    if (!wanted) {
      counts = counts.plusFiltered();
      return;
    }
    Lane lane = lane(entry.header().subject());
    lanes.put(lane.key, lane);
    Work work = Work.of(entry, lane);
    if (lane.isBlocked() && lane.fresh.isEmpty()) {
      park(work);
      effects.put(work);
    } else { // never parked before what is fresh: after a crash that would be read again, later
      places.opened(entry.seq());
      lane.fresh.add(work);
      fresh++;
      freshBytes += work.bytes();
      line(lane);
    }
  }

  /** The log holds nothing up to {@code seq} any more that was not read. */
  void gone(long seq) {
    long missing = places.skip(seq);
    if (missing > 0) {
      counts = counts.plusExpired(missing);
      changed = true;
    }
  }

  /** A message that was put back; it becomes this consumer's with the next save. */
  void inject(Work work, String from) {
    lanes.put(work.lane.key, work.lane);
    counts = counts.plusExtra(1);
    changed = true;
    park(work);
    effects.put(work);
    effects.taken.add(from);
    taken.add(from);
    unline(work.lane); // it may go before what stood in line
    line(work.lane);
  }

  /** Whether that one is parked here, or was put back and the store does not know it is taken. */
  boolean has(String id) {
    return parked.containsKey(id) || taken.contains(id);
  }

  // ---- handing out ----

  /** What may begin now, by its deadline; null for nothing. */
  @Nullable Work take(long nowMillis) {
    while (!timed.isEmpty() && timed.first().lineDue <= nowMillis) {
      Lane lane = timed.pollFirst();
      lane.timed = false;
      stand(lane);
    }
    if (underWay >= limits.concurrency()) {
      return null;
    }
    Lane lane = ready.pollFirst();
    if (lane == null) {
      return null;
    }
    lane.inLine = false;
    Work work = lane.head();
    if (work == null) {
      throw new IllegalStateException("an empty lane stood in line");
    }
    lane.underWay = work;
    underWay++;
    return work;
  }

  /**
   * When {@link #take} may give more by time alone, ms since 1970; {@link Long#MAX_VALUE}: never.
   */
  long wakeAtMillis() {
    return timed.isEmpty() ? Long.MAX_VALUE : timed.first().lineDue;
  }

  /** Whether something could begin if there were room at the receiver. */
  boolean hasReady(long nowMillis) {
    return underWay < limits.concurrency()
        && (!ready.isEmpty() || (!timed.isEmpty() && timed.first().lineDue <= nowMillis));
  }

  void delivered(Work work) {
    if (work.isVoid) {
      return;
    }
    counts = counts.plusDelivered();
    finish(work);
  }

  void expired(Work work) {
    if (work.isVoid) {
      return;
    }
    counts = counts.plusExpired(1);
    finish(work);
  }

  void dead(Work work, String consumer, String reason, String lastError) {
    if (work.isVoid) {
      return;
    }
    counts = counts.plusDead();
    effects.dead.add(new Effects.Dead(work, consumer, reason, work.attempts, lastError));
    finish(work);
  }

  /** The attempt came to nothing: again at {@code dueMillis}, and nothing of its subject before. */
  void retry(Work work, long dueMillis, String lastError) {
    if (work.isVoid) {
      return;
    }
    work.attempts++;
    work.dueMillis = dueMillis;
    work.lastError = lastError;
    Lane lane = work.lane;
    stop(lane);
    changed = true;
    if (!work.parked) {
      unfresh(work);
      park(work);
    }
    while (!lane.fresh.isEmpty()) {
      Work behind = lane.fresh.getFirst();
      unfresh(behind);
      park(behind);
      effects.put(behind);
    }
    effects.put(work);
    line(lane);
  }

  /** Nothing was attempted: it waits where it was, and no attempt is counted. */
  void held(Work work) {
    if (work.isVoid) {
      return;
    }
    stop(work.lane);
    line(work.lane);
  }

  // ---- what is known ----

  /** Everything up to here is settled or parked. */
  Cursor floor() {
    return new Cursor(epoch, places.floor());
  }

  /** Messages that are here and wait, or are under way. */
  int waiting() {
    return fresh + parked.size();
  }

  Counts counts() {
    return counts;
  }

  /**
   * Whether every message that came is accounted for: a bug shows here before anybody misses one.
   */
  boolean isBalanced() {
    long read = places.next() - 1 - counts.start() + places.settledAhead();
    long received = read + counts.extra();
    return received == counts.settled() + places.openCount() + parked.size();
  }

  // ---- saving ----

  boolean isChanged() {
    return changed;
  }

  /** What has to be stored now, all at once or not at all. */
  Save takeSave() {
    changed = false;
    Effects taken = effects;
    effects = new Effects();
    return new Save(floor(), places.progress(), counts, taken);
  }

  /** The store has it. */
  void saved(Save save) {
    save.effects().taken.forEach(taken::remove);
    for (Work work : save.effects().puts.values()) {
      work.stored = true;
      if (parked.get(work.id) == work
          && work.lane.underWay != work
          && !effects.puts.containsKey(work.id)) {
        work.entry = null; // read again when it is due
      }
    }
  }

  /** It is not known to be stored: the next save carries it again. */
  void notSaved(Save save) {
    changed = true;
    effects = save.effects().then(effects);
  }

  /** What a save carries. */
  record Save(Cursor floor, Progress progress, Counts counts, Effects effects) {}

  /** The log was replaced: begin behind {@code start}. What is parked stays; all else is void. */
  void restart(Cursor start) {
    epoch = start.epoch();
    places = new Places(start.seq(), Progress.NONE);
    for (Lane lane : List.copyOf(lanes.values())) {
      Work w = lane.underWay;
      lane.fresh.clear();
      if (w != null && !w.parked) {
        w.isVoid = true;
        stop(lane);
      }
      unline(lane);
      tidy(lane);
      line(lane);
    }
    fresh = 0;
    freshBytes = 0;
    counts = Counts.anew(start.seq(), parked.size(), counts);
    changed = true;
  }

  // ---- inside ----

  private void finish(Work work) {
    Lane lane = work.lane;
    stop(lane);
    changed = true;
    if (work.parked) {
      lane.parked.remove(work);
      parked.remove(work.id);
      effects.remove(work.id);
    } else {
      unfresh(work);
    }
    tidy(lane);
    line(lane);
  }

  private void park(Work work) {
    work.parked = true;
    work.lane.parked.add(work);
    parked.put(work.id, work);
  }

  private void unfresh(Work work) {
    if (work.lane.fresh.remove(work)) {
      fresh--;
      freshBytes -= work.bytes();
      places.settled(work.place.seq());
    }
  }

  private void stop(Lane lane) {
    if (lane.underWay != null) {
      lane.underWay = null;
      underWay--;
    }
  }

  /** Puts a lane where its first message belongs. */
  private void line(Lane lane) {
    Work head = lane.head();
    if (head == null || lane.underWay != null || lane.inLine || lane.timed) {
      return;
    }
    if (head.parked && head.dueMillis > 0) {
      lane.lineDue = head.dueMillis;
      lane.timed = timed.add(lane);
    } else {
      stand(lane);
    }
  }

  private void stand(Lane lane) {
    Work head = lane.head();
    if (head != null) {
      lane.lineDeadline = head.deadline();
      lane.lineOrder = head.place.seq();
      lane.inLine = ready.add(lane);
    }
  }

  private void unline(Lane lane) {
    if (lane.inLine) {
      ready.remove(lane);
      lane.inLine = false;
    }
    if (lane.timed) {
      timed.remove(lane);
      lane.timed = false;
    }
  }

  private void tidy(Lane lane) {
    if (lane.isEmpty()) {
      unline(lane);
      lanes.remove(lane.key, lane);
    }
  }
}
