package dev.hongyan.router.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A life of a consumer from one seed: the log grows, attempts succeed, fail, wear out and expire,
 * saves get lost or are done without an answer, owners die, dead letters are put back. What must
 * always hold is checked after every step.
 */
final class ConsumerSimulation {
  private static final int ATTEMPTS_MAX = 4;
  private static final int CONCURRENCY = 4;
  private static final String NAME = "destination:crm";

  private final Random random;
  private final int entries;
  private final int subjects;
  private final int trimmed;
  private final List<LogEntry> log = new ArrayList<>();
  private long now = 1_000_000;
  private ConsumerQueue queue;
  private final List<Work> underWay = new ArrayList<>();
  private ConsumerQueue.@Nullable Save saving;
  private boolean savingWasDone;

  // The store, as ConsumerStore and its scripts keep it.
  private Cursor floor = new Cursor("e", 0);
  private Progress progress = Progress.NONE;
  private Counts counts = Counts.from(0);
  private final Map<String, ConsumerStore.Parked> parked = new TreeMap<>();
  private final Map<String, LogEntry> parkedEvents = new HashMap<>();
  private final List<String> dead = new ArrayList<>();
  private final Map<String, LogEntry> putBack = new TreeMap<>();

  // What happened.
  private final Set<Long> delivered = new HashSet<>();
  private final Map<String, Long> lastFirstDelivery = new HashMap<>();
  private int owners = 1;
  private int repeatedSaves;
  private int putBacks;

  ConsumerSimulation(long seed) {
    random = new Random(seed);
    entries = 100 + random.nextInt(300);
    subjects = 1 + random.nextInt(20);
    trimmed = random.nextInt(4) == 0 ? 1 + random.nextInt(20) : 0;
    queue = open();
  }

  int owners() {
    return owners;
  }

  int dead() {
    return dead.size();
  }

  int repeatedSaves() {
    return repeatedSaves;
  }

  int putBacks() {
    return putBacks;
  }

  ConsumerSimulation run() {
    for (int step = 0; step < 4_000; step++) {
      act();
      check();
    }
    for (int calm = 0; calm < 20_000 && !isOver(); calm++) {
      grow(20);
      now += 1_000;
      read();
      begin();
      while (!underWay.isEmpty()) {
        Work w = underWay.remove(0);
        loaded(w);
        deliver(w);
      }
      endSave(true);
      save();
      endSave(true);
      check();
    }
    assertThat(isOver()).as("everything comes to an end").isTrue();
    assertThat(floor.seq()).isEqualTo(entries);
    assertThat(parked).isEmpty();
    assertThat(parkedEvents).isEmpty();
    assertThat(dead).doesNotHaveDuplicates();
    assertThat(dead.size() + putBacks).isEqualTo((int) counts.dead());
    assertThat(counts.extra()).isEqualTo(putBacks);
    for (LogEntry e : log) {
      boolean known =
          e.seq() <= trimmed
              || !wanted(e)
              || delivered.contains(e.seq())
              || dead.stream().anyMatch(d -> d.startsWith("e:" + e.seq() + "/"))
              || e.header().deadlineMillis() > 0;
      assertThat(known).as("entry %d is accounted for", e.seq()).isTrue();
    }
    return this;
  }

  private boolean isOver() {
    return log.size() == entries
        && queue.next() > entries
        && queue.waiting() == 0
        && underWay.isEmpty()
        && saving == null
        && putBack.isEmpty()
        && !queue.isChanged();
  }

  private void act() {
    switch (random.nextInt(16)) {
      case 0, 1 -> grow(1 + random.nextInt(6));
      case 2, 3 -> read();
      case 4, 5, 6 -> begin();
      case 7 -> save();
      case 8 -> endSave(random.nextInt(4) > 0);
      case 9 -> now += random.nextInt(5_000);
      case 10 -> {
        if (random.nextInt(30) == 0) {
          die();
        }
      }
      case 11 -> {
        if (!dead.isEmpty() && random.nextInt(10) == 0) {
          putBackOne();
        }
      }
      case 12 -> takePutBacks();
      default -> end();
    }
    now += random.nextInt(20);
  }

  private void grow(int by) {
    for (int i = 0; i < by && log.size() < entries; i++) {
      long seq = log.size() + 1;
      String subject = random.nextInt(8) == 0 ? null : "o" + random.nextInt(subjects);
      long deadline = random.nextInt(10) == 0 ? now + random.nextInt(4_000) : 0;
      log.add(
          new LogEntry(
              "acme",
              "e",
              seq,
              new EntryHeader(seq, random.nextInt(5) == 0 ? "b" : "a", subject, now, deadline),
              ("{" + seq + "}").getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static boolean wanted(LogEntry e) {
    return e.topic().equals("a");
  }

  private void read() {
    for (int n = random.nextInt(12);
        n > 0 && queue.wantsMore() && queue.next() <= log.size();
        n--) {
      if (queue.next() <= trimmed) {
        queue.gone(Math.min(trimmed, log.size()));
      } else {
        LogEntry e = log.get((int) queue.next() - 1);
        queue.offer(e, wanted(e));
      }
    }
  }

  private void begin() {
    for (Work w = queue.take(now); w != null; w = queue.take(now)) {
      assertThat(w.dueMillis).isLessThanOrEqualTo(now);
      String subject = w.header.subject();
      for (Work other : underWay) {
        if (subject != null) {
          assertThat(other.header.subject()).as("one of a subject at a time").isNotEqualTo(subject);
        }
      }
      if (w.deadline() <= now) {
        queue.expired(w);
        continue;
      }
      underWay.add(w);
      assertThat(underWay.size()).isLessThanOrEqualTo(CONCURRENCY);
    }
  }

  private void loaded(Work w) {
    if (w.entry == null) {
      w.entry = parkedEvents.get(w.id);
      assertThat(w.entry).as("the store has the event of what is parked").isNotNull();
    }
  }

  private void end() {
    if (underWay.isEmpty()) {
      return;
    }
    Work w = underWay.remove(random.nextInt(underWay.size()));
    loaded(w);
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        if (w.attempts + 1 >= ATTEMPTS_MAX) {
          w.attempts++;
          queue.dead(w, NAME, "worn-out", "no");
        } else {
          queue.retry(w, now + random.nextInt(3_000), "no");
        }
      }
      case 2 -> {
        if (random.nextInt(4) == 0) {
          w.attempts++;
          queue.dead(w, NAME, "never", "no");
        } else {
          queue.held(w);
        }
      }
      default -> deliver(w);
    }
  }

  private void deliver(Work w) {
    String subject = w.header.subject();
    boolean first = delivered.add(w.place.seq());
    if (first && subject != null && !w.id.startsWith("d")) {
      Long before = lastFirstDelivery.put(subject, w.place.seq());
      assertThat(before == null || before < w.place.seq()).as("in order per subject").isTrue();
    }
    queue.delivered(w);
  }

  // ---- the store ----

  private void save() {
    if (saving == null && queue.isChanged()) {
      saving = queue.takeSave();
      savingWasDone = random.nextInt(8) > 0;
      if (savingWasDone) {
        store(saving);
      }
    }
  }

  /** The answer comes, or does not: then nobody knows whether it was done. */
  private void endSave(boolean answered) {
    ConsumerQueue.Save s = saving;
    if (s == null) {
      return;
    }
    saving = null;
    if (answered && savingWasDone) {
      queue.saved(s);
    } else {
      repeatedSaves += savingWasDone ? 1 : 0;
      queue.notSaved(s);
    }
  }

  private void store(ConsumerQueue.Save s) {
    long unwritten = s.counts().dead() - counts.dead();
    floor = s.floor();
    progress = Progress.parse(s.progress().toString());
    counts = Counts.parse(s.counts().toString());
    for (Work w : s.effects().puts.values()) {
      String meta = ConsumerStore.Parked.of(w).encode();
      parked.put(w.id, ConsumerStore.Parked.decode(w.id, meta));
      if (!w.stored && w.entry != null) {
        parkedEvents.put(w.id, w.entry);
      }
      assertThat(parkedEvents).containsKey(w.id);
    }
    for (String id : s.effects().removes) {
      parked.remove(id);
      parkedEvents.remove(id);
    }
    int n = 0;
    for (Effects.Dead d : s.effects().dead) {
      n++;
      assertThat(d.work().entry).as("a dead letter needs its event").isNotNull();
      if (n > s.effects().dead.size() - unwritten) {
        dead.add("e:" + d.work().place.seq() + "/" + d.work().id + "/" + putBacks);
      }
    }
    s.effects().taken.forEach(putBack::remove);
  }

  private void die() {
    owners++;
    saving = null;
    underWay.clear();
    lastFirstDelivery.clear(); // what was given up and not saved may be delivered after all
    queue = open();
  }

  private ConsumerQueue open() {
    ConsumerQueue q =
        new ConsumerQueue(
            floor, progress, counts, new ConsumerQueue.Limits(30, 10_000, CONCURRENCY, 40));
    List<ConsumerStore.Parked> all = new ArrayList<>(parked.values());
    all.sort(Comparator.comparingLong(p -> p.place().seq()));
    for (ConsumerStore.Parked p : all) {
      Work w = new Work(p.id(), p.place(), p.header(), q.lane(p.header().subject()), null);
      w.attempts = p.attempts();
      w.dueMillis = p.dueMillis();
      q.restore(w);
    }
    return q;
  }

  private void putBackOne() {
    String letter = dead.remove(random.nextInt(dead.size()));
    long seq = Long.parseLong(letter.substring(2, letter.indexOf('/')));
    putBacks++;
    LogEntry e = log.get((int) seq - 1);
    EntryHeader h = e.header();
    putBack.put(
        "d" + putBacks,
        new LogEntry(
            "acme",
            "e",
            seq,
            new EntryHeader(h.id(), h.topic(), h.subject(), h.timeMillis(), 0),
            e.event()));
  }

  private void takePutBacks() {
    putBack.forEach(
        (id, e) -> {
          if (!queue.has(id)) {
            Cursor place = new Cursor("e", e.seq());
            queue.inject(new Work(id, place, e.header(), queue.lane(e.header().subject()), e), id);
          }
        });
  }

  // ---- what must always hold ----

  private void check() {
    if (putBack.size() > 0 && log.size() == entries) {
      takePutBacks();
    }
    assertThat(queue.isBalanced()).as("in memory").isTrue();
    long unread = log.size() - floor.seq();
    for (Progress.Range r : progress.done()) {
      unread -= r.to() - r.from() + 1;
    }
    long received = log.size() - counts.start() + counts.extra();
    assertThat(counts.settled() + unread + parked.size()).as("in the store").isEqualTo(received);
  }
}
