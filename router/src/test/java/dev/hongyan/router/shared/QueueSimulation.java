package dev.hongyan.router.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A life of a queue from one seed: connections come, work, fail, go silent and leave; the owner
 * changes; the log grows meanwhile. What must always hold is checked at every delivery and at the
 * end.
 */
final class QueueSimulation implements SharedQueue.Outlet {
  private static final int ATTEMPTS_MAX = 4;
  static final SharedQueue.Limits LIMITS =
      new SharedQueue.Limits(ATTEMPTS_MAX, 40, 4_000, 16, Duration.ofSeconds(30));

  private final Random random;
  private final int entries;
  private final int subjects;
  private final List<LogEntry> log = new ArrayList<>();
  private final Map<MemberId, Connection> connections = new LinkedHashMap<>();
  private SharedQueue queue;
  private long now = 1_000_000_000L;
  private long members;

  // What has become of each place.
  private final Set<Long> acked = new HashSet<>();
  private final Set<Long> dead = new HashSet<>();
  private final Set<Long> burying = new HashSet<>();
  private final Map<Long, Integer> attempts = new HashMap<>();
  private final Map<Long, MemberId> underWay = new HashMap<>();
  private final Map<String, Long> firstDelivered = new HashMap<>();
  private final Map<String, MemberId> homes = new HashMap<>();
  private int deliveries;
  private int takeovers;
  private int ownerChanges;

  private record Connection(int window, long windowBytes, Set<Long> has) {}

  QueueSimulation(long seed) {
    random = new Random(seed);
    entries = 200 + random.nextInt(400);
    subjects = 1 + random.nextInt(30);
    queue = new SharedQueue(new Cursor("e", 0), Progress.NONE, LIMITS, this);
  }

  /** Runs it to its end and checks the accounts. */
  QueueSimulation run() {
    for (int step = 0; step < 40_000 && acked.size() + dead.size() < entries; step++) {
      act();
      settle();
    }
    for (int calm = 0; calm < 40_000 && acked.size() + dead.size() < entries; calm++) {
      if (connections.isEmpty()) {
        join();
      }
      grow(10);
      for (long seq : List.copyOf(underWay.keySet())) {
        ack(seq);
      }
      bury();
      now += 50_000_000L;
      settle();
    }
    assertThat(acked.size() + dead.size()).as("nothing is lost").isEqualTo(entries);
    assertThat(queue.floor().seq()).isEqualTo(entries);
    assertThat(queue.progress()).isEqualTo(Progress.NONE);
    assertThat(queue.waiting()).isZero();
    assertThat(queue.inFlight()).isZero();
    return this;
  }

  int deliveries() {
    return deliveries;
  }

  int takeovers() {
    return takeovers;
  }

  int dead() {
    return dead.size();
  }

  int ownerChanges() {
    return ownerChanges;
  }

  private void act() {
    switch (random.nextInt(24)) {
      case 0 -> join();
      case 1 -> leave();
      case 2, 3, 4, 5 -> grow(1 + random.nextInt(12));
      case 6 -> nack();
      case 7 -> term();
      case 8 -> extend();
      case 9 -> now += random.nextInt(2_000) * 1_000_000L;
      case 10 -> bury();
      case 11 -> {
        if (random.nextInt(40) == 0) {
          changeOwner();
        }
      }
      default -> {
        if (!underWay.isEmpty()) {
          ack(anyUnderWay());
        }
      }
    }
    now += random.nextInt(5) * 1_000_000L;
  }

  private void settle() {
    queue.settle(now);
    while (queue.wantsMore() && queue.next() <= log.size()) {
      queue.offer(log.get((int) queue.next() - 1));
    }
    queue.settle(now);
    assertThat(queue.waiting())
        .as("what waits is bounded by reading ahead and windows")
        .isLessThanOrEqualTo(LIMITS.aheadEntries() + 20 * 8);
    assertThat(queue.floor().seq()).isLessThan(firstOpen());
    checkRanges();
  }

  /** What would be saved says done of nothing that is not. */
  private void checkRanges() {
    for (Progress.Range r : queue.progress().done()) {
      for (long seq = r.from(); seq <= r.to(); seq++) {
        assertThat(acked.contains(seq) || dead.contains(seq)).as("done %s", seq).isTrue();
      }
    }
  }

  private long firstOpen() {
    long seq = 1;
    while (acked.contains(seq) || dead.contains(seq)) {
      seq++;
    }
    return seq;
  }

  private void grow(int n) {
    for (int i = 0; i < n && log.size() < entries; i++) {
      long seq = log.size() + 1L;
      String subject = random.nextInt(6) == 0 ? null : "u" + random.nextInt(subjects);
      byte[] event = new byte[20 + random.nextInt(300)];
      log.add(new LogEntry("acme", "e", seq, new EntryHeader(seq, "app.x", subject, 0, 0), event));
    }
  }

  private void join() {
    if (connections.size() < 8) {
      MemberId id = new MemberId("h", ++members);
      int window = 1 + random.nextInt(8);
      long bytes = 100 + random.nextInt(2_000);
      connections.put(id, new Connection(window, bytes, new HashSet<>()));
      queue.attach(
          id, List.of(TopicPattern.parse("app.#")), window, bytes, Duration.ofMillis(1_500));
    }
  }

  private void leave() {
    MemberId id = anyConnection();
    if (id == null) {
      return;
    }
    Connection c = connections.remove(id);
    Set<Long> unsent = new HashSet<>();
    for (long seq : c.has) {
      underWay.remove(seq);
      if (random.nextInt(4) == 0) {
        unsent.add(seq);
        attempts.merge(seq, -1, Integer::sum);
      } else {
        takeovers++;
      }
    }
    homes.values().removeIf(id::equals);
    queue.detach(id, unsent, now);
  }

  private void ack(long seq) {
    MemberId id = takeBack(seq);
    assertThat(queue.ack(id, seq)).isTrue();
    assertThat(acked.add(seq)).as("%s ends once", seq).isTrue();
    assertThat(queue.ack(id, seq)).as("a second ack").isFalse();
  }

  private void nack() {
    if (!underWay.isEmpty()) {
      long seq = anyUnderWay();
      queue.nack(takeBack(seq), seq, random.nextInt(3) * 100_000_000L, now);
    }
  }

  private void term() {
    if (!underWay.isEmpty() && random.nextInt(4) == 0) {
      long seq = anyUnderWay();
      queue.term(takeBack(seq), seq, "no use");
    }
  }

  private void extend() {
    if (!underWay.isEmpty()) {
      long seq = anyUnderWay();
      MemberId id = underWay.get(seq);
      queue.extend(id, seq, 3_000_000_000L, now);
    }
  }

  private void bury() {
    for (long seq : List.copyOf(burying)) {
      if (random.nextBoolean()) {
        burying.remove(seq);
        assertThat(dead.add(seq)).as("%s ends once", seq).isTrue();
        queue.buried(seq);
      }
    }
  }

  /** Another owner begins from what was saved; nothing else is known to it. */
  private void changeOwner() {
    ownerChanges++;
    Progress progress = Progress.parse(queue.progress().toString());
    queue = new SharedQueue(queue.floor(), progress, LIMITS, this);
    connections.clear();
    underWay.keySet().forEach(seq -> attempts.merge(seq, -1, Integer::sum));
    underWay.clear();
    burying.clear();
    homes.clear();
    firstDelivered.clear();
  }

  private MemberId takeBack(long seq) {
    MemberId id = underWay.remove(seq);
    connections.get(id).has.remove(seq);
    return id;
  }

  private long anyUnderWay() {
    List<Long> all = List.copyOf(underWay.keySet());
    return all.get(random.nextInt(all.size()));
  }

  private MemberId anyConnection() {
    List<MemberId> all = List.copyOf(connections.keySet());
    return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
  }

  // ---- what the queue decides ----

  @Override
  public void deliver(Member to, LogEntry entry, int attempt) {
    long seq = entry.seq();
    Connection c = connections.get(to.id());
    assertThat(c).as("delivered to somebody who is there").isNotNull();
    assertThat(acked).doesNotContain(seq);
    assertThat(dead).doesNotContain(seq);
    assertThat(burying).doesNotContain(seq);
    assertThat(underWay).doesNotContainKey(seq);
    String subject = entry.header().subject();
    if (subject != null) {
      for (long other : underWay.keySet()) {
        assertThat(log.get((int) other - 1).header().subject())
            .as("one of a subject at a time: %s while %s", seq, other)
            .isNotEqualTo(subject);
      }
      if (attempt == 1) {
        assertThat(seq)
            .as("order of first deliveries of %s", subject) // one that never left comes again
            .isGreaterThanOrEqualTo(firstDelivered.getOrDefault(subject, 0L));
        firstDelivered.put(subject, seq);
      }
    }
    assertThat(attempt).isEqualTo(attempts.merge(seq, 1, Integer::sum));
    assertThat(attempt).isLessThanOrEqualTo(ATTEMPTS_MAX);
    long bytes = entry.event().length;
    for (long other : c.has) {
      bytes += log.get((int) other - 1).event().length;
    }
    assertThat(c.has.size()).isLessThan(c.window);
    assertThat(c.has.isEmpty() || bytes <= c.windowBytes).as("bytes of the window").isTrue();
    c.has.add(seq);
    underWay.put(seq, to.id());
    deliveries++;
  }

  @Override
  public void withdraw(Member from, long seq) {
    assertThat(underWay.get(seq)).isEqualTo(from.id());
    underWay.remove(seq);
    connections.get(from.id()).has.remove(seq);
  }

  @Override
  public void bury(LogEntry entry, String reason, int tried, String lastError) {
    assertThat(burying.add(entry.seq())).isTrue();
    if (reason.equals("worn-out")) {
      assertThat(tried).isEqualTo(ATTEMPTS_MAX);
    }
  }

  @Override
  public void putBackOver(String id) {
    throw new AssertionError("nothing is put back here");
  }

  @Override
  public void failed(SharedQueue.Failure why) {}
}
