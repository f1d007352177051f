package dev.hongyan.router.shared;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Outcome;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One shared subscription of one tenant: spreads the log's messages over the connections of a name.
 * Of each subject one message is under way at a time, and a subject stays with its member while
 * that one stays. What fails is tried again; what fails for good is buried.
 *
 * <p>It pulls: {@link #wantsMore} says whether to {@link #offer} the entry at {@link #next}. Beside
 * what members have (their windows) it holds at most {@link Limits#aheadEntries}, so a flood of one
 * subject waits in the log. After any change call {@link #settle}, once for many; then see {@link
 * #wakeAt}. Pure and for one thread; time is handed in.
 */
final class SharedQueue {
  private static final String WORN_OUT = "worn-out";

  private final Limits limits;
  private final Outlet outlet;
  private String epoch;
  private ReadSoFar read;
  private long began;
  private long delivered;
  private long dead;
  private long expired;
  private long again;

  // Insertion order is the log's order.
  private final LinkedHashMap<Long, Item> open = new LinkedHashMap<>();

  // Beside the log's own: what was dead and was put back. The floor knows nothing of these.
  private final Map<Long, Item> putBack = new HashMap<>();
  private final Map<String, Lane> lanes = new HashMap<>();
  private final TreeSet<Item> timed = new TreeSet<>();
  private final Crew crew;
  private int waiting;
  private long waitingBytes;
  private boolean changed;

  /**
   * How much a queue holds and bears.
   *
   * @param attemptsMax deliveries after which a message that failed again is buried
   * @param aheadEntries messages that may wait in memory for a member
   * @param aheadBytes and their bytes; reading stops once it is over either
   * @param homesMax subjects whose member is remembered while nothing of them is there
   * @param topicsLinger how long a member's topics count after it left, so that one that just
   *     reconnects misses nothing when the others take other topics
   */
  record Limits(
      int attemptsMax, int aheadEntries, long aheadBytes, int homesMax, Duration topicsLinger) {
    static Limits attempts(int attemptsMax) {
      return new Limits(attemptsMax, 1_000, 1 << 20, 10_000, Duration.ofSeconds(30));
    }
  }

  /** Why a delivery came to nothing. */
  enum Failure {
    NACK("nack", "the client gave it back"),
    TIMEOUT("timeout", "no ack in time"),
    TAKEOVER("takeover", "the connection ended");

    final String word;
    final String text;

    Failure(String word, String text) {
      this.word = word;
      this.text = text;
    }
  }

  /** What the queue wants done. Called from within its methods; does not call back. */
  interface Outlet {
    void deliver(Member to, LogEntry entry, int attempt);

    /** What {@code from} has of this is void: it was too late. */
    void withdraw(Member from, long seq);

    /** Goes to the dead letters; say {@link #buried} when it is there. */
    void bury(LogEntry entry, String reason, int attempts, String lastError);

    void failed(Failure why);

    /** It is over with a message that was put back: it need not wait any more. */
    void putBackOver(String id);
  }

  SharedQueue(Cursor floor, Progress done, Limits limits, Outlet outlet) {
    this.epoch = floor.epoch();
    this.read = new ReadSoFar(floor.seq(), done);
    this.began = floor.seq();
    this.limits = limits;
    this.outlet = outlet;
    this.crew = new Crew(limits.homesMax(), limits.topicsLinger().toNanos());
  }

  // ---- reading ----

  String epoch() {
    return epoch;
  }

  /** The place that is looked at next. */
  long next() {
    return read.next();
  }

  boolean wantsMore() {
    return !crew.isEmpty() && waiting < limits.aheadEntries() && waitingBytes < limits.aheadBytes();
  }

  /** Takes the log's next entry; places between {@link #next} and it are gone. */
  void offer(LogEntry entry) {
    if (entry.seq() < read.next()) {
      return;
    }
    if (read.pass(entry.seq()) || !crew.wants(entry.topic())) {
      return;
    }
    String subject = entry.header().subject();
    Lane lane = subject == null ? new Lane(null) : lanes.computeIfAbsent(subject, s -> new Lane(s));
    Item item = new Item(entry, lane);
    item.attempts = read.takeTried(entry.seq());
    lane.items.add(item);
    open.put(entry.seq(), item);
    waits(item);
    if (item.attempts >= limits.attemptsMax()) { // the owner before did not get that far
      bury(item, WORN_OUT, "tried too often");
    } else {
      crew.standInLine(lane);
    }
  }

  /**
   * Takes a message that was dead, as a new series of attempts, whoever wants its topic; false when
   * its place is taken by one that is under way.
   */
  boolean putBack(String id, LogEntry entry) {
    if (find(entry.seq()) != null) {
      return false;
    }
    String subject = entry.header().subject();
    Lane lane = subject == null ? new Lane(null) : lanes.computeIfAbsent(subject, s -> new Lane(s));
    Item item = new Item(entry, lane);
    item.putBack = id;
    lane.items.add(item);
    putBack.put(entry.seq(), item);
    waits(item);
    crew.standInLine(lane);
    return true;
  }

  private @Nullable Item find(long seq) {
    Item item = open.get(seq);
    return item != null ? item : putBack.get(seq);
  }

  /** Places up to {@code seq} are gone, if they are not known here already. */
  void trimmedUpTo(long seq) {
    expired += Math.max(0, seq - read.next() + 1);
    read.passUpTo(seq);
  }

  // ---- members ----

  void attach(
      MemberId id,
      Collection<TopicPattern> wanted,
      int windowMessages,
      long windowBytes,
      Duration ackTimeout) {
    Member m =
        new Member(id, Set.copyOf(wanted), windowMessages, windowBytes, ackTimeout.toNanos());
    crew.add(m);
  }

  /**
   * A connection has ended: what it had goes to others at once.
   *
   * @param unsent what never left for it and so counts as no attempt
   */
  void detach(MemberId id, Set<Long> unsent, long now) {
    Member m = crew.remove(id, now);
    if (m == null) {
      return;
    }
    for (Item item : m.inFlight()) {
      if (unsent.contains(item.seq())) {
        item.attempts--;
        takeBack(item);
        retry(item, 0, now);
      } else {
        fail(item, Failure.TAKEOVER, 0, now);
      }
    }
    crew.moveOut(m);
  }

  // ---- what members say; of messages they do not have it changes nothing ----

  /** Done. Also counts when it was late and nobody else has begun with it. */
  boolean ack(MemberId id, long seq) {
    Member m = crew.heard(id);
    Item item = find(seq);
    if (m == null
        || item == null
        || item.member != m
        || item.state == Item.State.BURYING
        || item.attempts == 0) {
      return false;
    }
    if (item.state == Item.State.IN_FLIGHT) {
      takeBack(item);
    }
    delivered++;
    finish(item);
    return true;
  }

  /** Again later; meanwhile its subject waits. */
  void nack(MemberId id, long seq, long delayNanos, long now) {
    Item item = held(id, seq);
    if (item != null) {
      fail(item, Failure.NACK, delayNanos, now);
    }
  }

  /** Still working: {@code nanos} from now. */
  void extend(MemberId id, long seq, long nanos, long now) {
    Item item = held(id, seq);
    if (item != null) {
      runClock(item, now + nanos);
    }
  }

  /** Never again: to the dead letters. */
  void term(MemberId id, long seq, String why) {
    Item item = held(id, seq);
    if (item != null) {
      takeBack(item);
      bury(item, "terminated", why);
    }
  }

  /** The dead letters have it. */
  void buried(long seq) {
    Item item = find(seq);
    if (item != null && item.state == Item.State.BURYING) {
      dead++;
      finish(item);
    }
  }

  // ---- time and assignment ----

  /** Does what is due and hands out what can be handed out. */
  void settle(long now) {
    while (!timed.isEmpty() && timed.first().dueNanos - now <= 0) {
      Item item = timed.first();
      stopClock(item);
      if (item.state == Item.State.IN_FLIGHT) {
        overdue(item, now);
      } else {
        item.state = Item.State.WAITING;
        crew.standInLine(item.lane);
      }
    }
    if (crew.forgetLeft(now)) {
      dropUnwanted();
    }
    crew.serve((item, m) -> deliver(item, m, now));
  }

  /** When {@link #settle} has something to do by time alone; {@link Long#MAX_VALUE} for never. */
  long wakeAt() {
    long linger = crew.nextForget();
    return timed.isEmpty() ? linger : Math.min(linger, timed.first().dueNanos);
  }

  private void overdue(Item item, long now) {
    Member m = item.member;
    if (m != null) {
      outlet.withdraw(m, item.seq());
      if (item.lane.subject != null) {
        crew.moveAway(item.lane.subject); // to another one, if there is any
      }
      fail(item, Failure.TIMEOUT, 0, now);
      m.suspect = true;
      crew.moveOut(m);
    }
  }

  private void deliver(Item item, Member m, long now) {
    item.state = Item.State.IN_FLIGHT;
    item.member = m;
    item.attempts++;
    waiting--;
    waitingBytes -= item.size();
    m.took(item);
    crew.settleDown(item.lane, m);
    runClock(item, now + m.ackTimeoutNanos());
    outlet.deliver(m, item.entry, item.attempts);
  }

  // ---- state ----

  /** Everything up to here is acknowledged, dead, or was not for this name. */
  Cursor floor() {
    return new Cursor(epoch, read.floor(open.values()));
  }

  /** What is done above the floor, and how often the rest was tried in vain. */
  Progress progress() {
    return read.progress(open.values());
  }

  /** What became of all that was taken since this queue is here. */
  Outcome outcome() {
    return new Outcome(began, delivered, dead, expired, again);
  }

  /** Whether something was acknowledged, failed or was buried since this was last asked. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }

  /** Messages that are here and no member has. */
  int waiting() {
    return waiting;
  }

  /** Messages that members have. */
  int inFlight() {
    return open.size() + putBack.size() - waiting;
  }

  /** Begins anew behind {@code start}; what members have is void. */
  void restart(Cursor start) {
    for (Member m : crew.members()) {
      for (Item item : m.inFlight()) {
        outlet.withdraw(m, item.seq());
        m.gaveBack(item);
      }
    }
    crew.forgetLines();
    epoch = start.epoch();
    read = new ReadSoFar(start.seq(), Progress.NONE);
    began = start.seq();
    open.clear();
    putBack.clear();
    lanes.clear();
    timed.clear();
    waiting = 0;
    waitingBytes = 0;
    changed = true;
  }

  // ---- inside ----

  private @Nullable Item held(MemberId id, long seq) {
    Member m = crew.heard(id);
    Item item = find(seq);
    return m != null && item != null && item.state == Item.State.IN_FLIGHT && item.member == m
        ? item
        : null;
  }

  private void fail(Item item, Failure why, long delayNanos, long now) {
    takeBack(item);
    changed = true;
    outlet.failed(why);
    if (item.attempts >= limits.attemptsMax()) {
      bury(item, WORN_OUT, why.text);
    } else {
      retry(item, delayNanos, now);
    }
  }

  private void retry(Item item, long delayNanos, long now) {
    if (delayNanos > 0) {
      item.state = Item.State.DELAYED;
      runClock(item, now + delayNanos);
    } else {
      item.state = Item.State.WAITING;
      crew.standInLine(item.lane);
    }
  }

  private void bury(Item item, String reason, String lastError) {
    item.state = Item.State.BURYING;
    outlet.bury(item.entry, reason, item.attempts, lastError);
  }

  private void takeBack(Item item) {
    stopClock(item);
    if (item.member != null) {
      item.member.gaveBack(item);
    }
    item.state = Item.State.WAITING;
    waits(item);
  }

  private void waits(Item item) {
    waiting++;
    waitingBytes += item.size();
  }

  /** It is over with this one; the next of its subject may go. */
  private void finish(Item item) {
    stopClock(item);
    if (item.putBack == null) {
      open.remove(item.seq());
    } else {
      again++;
      putBack.remove(item.seq());
      outlet.putBackOver(item.putBack);
    }
    if (open.isEmpty() && putBack.isEmpty()) {
      crew.nothingIsHere();
    }
    waiting--;
    waitingBytes -= item.size();
    changed = true;
    Lane lane = item.lane;
    lane.items.remove(item); // the first one, but for messages nobody wanted
    if (lane.items.isEmpty()) {
      if (lane.subject != null) {
        lanes.remove(lane.subject);
      }
    } else {
      crew.standInLine(lane);
    }
  }

  private void dropUnwanted() {
    for (Item item : List.copyOf(open.values())) {
      if (item.attempts == 0
          && item.state == Item.State.WAITING
          && !crew.wants(item.entry.topic())) {
        finish(item);
      }
    }
  }

  private void runClock(Item item, long due) {
    stopClock(item);
    item.dueNanos = due;
    item.timed = timed.add(item);
  }

  private void stopClock(Item item) {
    if (item.timed) {
      timed.remove(item);
      item.timed = false;
    }
  }
}
