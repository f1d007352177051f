package dev.hongyan.router.shared;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.DoneRanges;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
  private final Limits limits;
  private final Outlet outlet;
  private String epoch;
  private ReadSoFar read;

  // Insertion order is the log's order.
  private final LinkedHashMap<Long, Item> open = new LinkedHashMap<>();
  private final Map<String, Lane> lanes = new HashMap<>();
  private final TreeSet<Item> timed = new TreeSet<>();
  private final List<Member> members = new ArrayList<>();
  private final Map<MemberId, Member> byId = new HashMap<>();
  private final Topics topics;
  private final Map<String, Member> homes;
  private final ArrayDeque<Lane> homeless = new ArrayDeque<>();
  private int chooseFrom;
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
  }

  SharedQueue(Cursor floor, DoneRanges done, Limits limits, Outlet outlet) {
    this.epoch = floor.epoch();
    this.read = new ReadSoFar(floor.seq(), done);
    this.limits = limits;
    this.outlet = outlet;
    this.topics = new Topics(limits.topicsLinger().toNanos());
    this.homes =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Member> eldest) {
            return size() > limits.homesMax();
          }
        };
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
    return !members.isEmpty()
        && waiting < limits.aheadEntries()
        && waitingBytes < limits.aheadBytes();
  }

  /** Takes the log's next entry; places between {@link #next} and it are gone. */
  void offer(LogEntry entry) {
    if (entry.seq() < read.next()) {
      return;
    }
    if (read.pass(entry.seq()) || !topics.wanted(entry.topic())) {
      return;
    }
    String subject = entry.header().subject();
    Lane lane = subject == null ? new Lane(null) : lanes.computeIfAbsent(subject, s -> new Lane(s));
    Item item = new Item(entry, lane);
    lane.items.add(item);
    open.put(entry.seq(), item);
    waits(item);
    standInLine(lane);
  }

  /** Nothing up to {@code seq} that is not known here already. */
  void passUpTo(long seq) {
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
    m.attached = true;
    members.add(m);
    byId.put(id, m);
    topics.came(m);
  }

  /**
   * A connection has ended: what it had goes to others at once.
   *
   * @param unsent what never left for it and so counts as no attempt
   */
  void detach(MemberId id, Set<Long> unsent, long now) {
    Member m = byId.remove(id);
    if (m == null) {
      return;
    }
    m.attached = false;
    members.remove(m);
    topics.left(m, now);
    for (Item item : m.inFlight()) {
      if (unsent.contains(item.seq())) {
        item.attempts--;
        takeBack(item);
        retry(item, 0, now);
      } else {
        fail(item, Failure.TAKEOVER, 0, now);
      }
    }
    moveOut(m);
  }

  boolean hasMembers() {
    return !members.isEmpty();
  }

  Collection<MemberId> memberIds() {
    return byId.keySet();
  }

  // ---- what members say; of messages they do not have it changes nothing ----

  /** Done. Also counts when it was late and nobody else has begun with it. */
  boolean ack(MemberId id, long seq) {
    Member m = heard(id);
    Item item = open.get(seq);
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
    Item item = open.get(seq);
    if (item != null && item.state == Item.State.BURYING) {
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
        standInLine(item.lane);
      }
    }
    if (!members.isEmpty() && topics.forgetLeft(now)) {
      dropUnwanted();
    }
    for (int i = 0; i < members.size(); i++) {
      serve(members.get(i), now);
    }
    serveHomeless(now);
  }

  /** When {@link #settle} has something to do by time alone; {@link Long#MAX_VALUE} for never. */
  long wakeAt() {
    long linger = members.isEmpty() ? Long.MAX_VALUE : topics.nextForget();
    return timed.isEmpty() ? linger : Math.min(linger, timed.first().dueNanos);
  }

  private void overdue(Item item, long now) {
    Member m = item.member;
    if (m != null) {
      outlet.withdraw(m, item.seq());
      if (item.lane.subject != null) {
        homes.remove(item.lane.subject); // to another one, if there is any
      }
      fail(item, Failure.TIMEOUT, 0, now);
      m.suspect = true;
      moveOut(m);
    }
  }

  private void serve(Member m, long now) {
    for (Lane lane = m.ready.peek(); lane != null; lane = m.ready.peek()) {
      Item item = lane.next();
      if (item != null && topics.takes(m, item.entry.topic())) {
        if (!m.hasRoom(item.size())) {
          return;
        }
        m.ready.remove();
        lane.queued = false;
        deliver(item, m, now);
      } else {
        m.ready.remove();
        lane.queued = false;
        if (item != null) {
          lane.queued = true;
          homeless.add(lane);
        }
      }
    }
  }

  /** In the order in which they came; while all take the same topics nobody is overtaken. */
  private void serveHomeless(long now) {
    List<Lane> skipped = new ArrayList<>(0);
    for (Lane lane = homeless.poll(); lane != null; lane = homeless.poll()) {
      Item item = lane.next();
      if (item == null) {
        lane.queued = false;
        continue;
      }
      Member m = choose(item);
      if (m != null) {
        lane.queued = false;
        deliver(item, m, now);
        continue;
      }
      if (topics.areUniform()) {
        homeless.addFirst(lane);
        return;
      }
      skipped.add(lane);
    }
    homeless.addAll(skipped);
  }

  /** The least loaded one with room; in turn when they are alike. */
  private @Nullable Member choose(Item item) {
    int n = members.size();
    Member best = null;
    for (int i = 0; i < n; i++) {
      Member m = members.get((chooseFrom + i) % n);
      if (m.hasRoom(item.size())
          && topics.takes(m, item.entry.topic())
          && (best == null
              || (m.suspect != best.suspect ? best.suspect : m.load() < best.load()))) {
        best = m;
        if (m.load() == 0 && !m.suspect) {
          break;
        }
      }
    }
    if (best != null) {
      chooseFrom = (members.indexOf(best) + 1) % n;
    }
    return best;
  }

  private void deliver(Item item, Member m, long now) {
    item.state = Item.State.IN_FLIGHT;
    item.member = m;
    item.attempts++;
    waiting--;
    waitingBytes -= item.size();
    m.took(item);
    if (item.lane.subject != null) {
      homes.put(item.lane.subject, m);
    }
    runClock(item, now + m.ackTimeoutNanos());
    outlet.deliver(m, item.entry, item.attempts);
  }

  // ---- state ----

  /** Everything up to here is acknowledged, dead, or was not for this name. */
  Cursor floor() {
    return new Cursor(epoch, read.floor(open.values()));
  }

  /** What is done above the floor. */
  DoneRanges done() {
    return read.done(open.values());
  }

  /** Whether something was acknowledged or buried since this was last asked. */
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
    return open.size() - waiting;
  }

  /** Begins anew behind {@code start}; what members have is void. */
  void restart(Cursor start) {
    for (Member m : members) {
      for (Item item : m.inFlight()) {
        outlet.withdraw(m, item.seq());
        m.gaveBack(item);
      }
      m.ready.clear();
    }
    epoch = start.epoch();
    read = new ReadSoFar(start.seq(), DoneRanges.NONE);
    open.clear();
    lanes.clear();
    timed.clear();
    homeless.clear();
    waiting = 0;
    waitingBytes = 0;
    changed = true;
  }

  // ---- inside ----

  private @Nullable Member heard(MemberId id) {
    Member m = byId.get(id);
    if (m != null) {
      m.suspect = false;
    }
    return m;
  }

  private @Nullable Item held(MemberId id, long seq) {
    Member m = heard(id);
    Item item = open.get(seq);
    return m != null && item != null && item.state == Item.State.IN_FLIGHT && item.member == m
        ? item
        : null;
  }

  private void fail(Item item, Failure why, long delayNanos, long now) {
    takeBack(item);
    outlet.failed(why);
    if (item.attempts >= limits.attemptsMax()) {
      bury(item, "worn-out", why.text);
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
      standInLine(item.lane);
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
    open.remove(item.seq());
    if (open.isEmpty()) {
      topics.nothingIsHere();
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
      standInLine(lane);
    }
  }

  private void standInLine(Lane lane) {
    if (lane.queued || lane.next() == null) {
      return;
    }
    lane.queued = true;
    Member home = lane.subject == null ? null : homes.get(lane.subject);
    if (home != null && home.attached && !home.suspect) {
      home.ready.add(lane);
    } else {
      homeless.add(lane);
    }
  }

  /** Subjects that wait for this one look for another. */
  private void moveOut(Member m) {
    homeless.addAll(m.ready);
    m.ready.clear();
  }

  private void dropUnwanted() {
    for (Item item : List.copyOf(open.values())) {
      if (item.attempts == 0
          && item.state == Item.State.WAITING
          && !topics.wanted(item.entry.topic())) {
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
