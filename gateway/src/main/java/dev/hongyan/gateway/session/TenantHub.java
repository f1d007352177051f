package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.Tail;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.router.topic.TopicTrie;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All live and durable subscriptions of one tenant on one event loop. The tail's entries go to
 * those that are live; one that has no room walks the log at its own pace, through the same {@link
 * #pump} that serves a resume, and is live again when it has caught up.
 */
final class TenantHub implements TailFeed.Watcher {
  /**
   * Entries one subscription may take in one turn, so that a long way behind does not hold up the
   * others.
   */
  private static final int TURN = 128;

  private static final int LOOK_BACK = 10_000;

  private final String tenant;
  private final Hub hub;
  private final TopicTrie<Walker> live = new TopicTrie<>();
  private final Set<Walker> all = new HashSet<>();
  private final Map<String, List<Walker>> durable = new HashMap<>();
  private final ArrayDeque<Walker> turns = new ArrayDeque<>();
  private final Future<Tail> ready;
  private @Nullable Tail tail;
  private @Nullable Future<LogHead> asking;
  private boolean running;
  private int starting;

  TenantHub(String tenant, Hub hub) {
    this.tenant = tenant;
    this.hub = hub;
    this.ready = hub.feed().watch(tenant, this).onSuccess(t -> tail = t);
  }

  String tenant() {
    return tenant;
  }

  /** The tail once it is known; fails when the store is away. */
  Future<Tail> ready() {
    return ready;
  }

  /** Both ends of the log; who asks while a question is under way shares its answer. */
  Future<LogHead> ends() {
    Future<LogHead> running = asking;
    if (running == null) {
      running = hub.log().head(tenant);
      asking = running;
      running.onComplete(r -> asking = null, e -> asking = null);
    }
    return running;
  }

  /** Where a live subscription begins; asks the log only when the tail at hand cannot tell. */
  Future<Resume> startOf(StartAt at) {
    Tail t = tail;
    Cursor c = at.cursor();
    if (t != null && at.kind() == StartAt.Kind.NOW) {
      return Future.succeededFuture(
          Resume.fresh(at, new LogHead(t.epoch(), t.head(), t.head() + 1)));
    }
    if (t != null
        && c != null
        && c.epoch().equals(t.epoch())
        && (c.seq() == t.head() || t.recent(c.seq() + 1) != null)) {
      return Future.succeededFuture(new Resume(Resume.Verdict.RESUMED, c, t.head(), null));
    }
    return ends().map(log -> Resume.fresh(at, log));
  }

  /** Subscriptions on their way in. */
  int starting() {
    return starting;
  }

  void starting(int more) {
    starting += more;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  Set<Walker> walkers() {
    return all;
  }

  /**
   * Adds a subscription that knows where it begins; {@link #pump} it after its start was announced.
   */
  void add(Walker sub) {
    all.add(sub);
    if (sub.mode() == Mode.DURABLE) { // one, but for the moment in which a newer one takes over
      durable.merge(sub.name(), List.of(sub), TenantHub::both);
    }
    for (TopicPattern p : sub.patterns()) {
      live.add(p, sub);
    }
  }

  void remove(Walker sub) {
    if (all.remove(sub)) {
      if (sub.mode() == Mode.DURABLE) {
        durable.computeIfPresent(sub.name(), (name, held) -> without(held, sub));
      }
      for (TopicPattern p : sub.patterns()) {
        live.remove(p, sub);
      }
    }
  }

  void close() {
    hub.feed().unwatch(tenant, this);
  }

  /** How many log entries a subscription has not looked at yet. */
  long behind(Walker sub) {
    return tail == null || sub.isLive() ? 0 : Math.max(0, tail.head() - sub.next() + 1);
  }

  /** Everything up to here was looked at for a subscription that has begun. */
  Cursor seen(Walker sub) {
    Tail t = tail;
    long at = sub.next() - 1;
    if (t != null && sub.isLive() && t.epoch().equals(sub.epoch())) {
      at = Math.max(at, t.head());
    }
    return new Cursor(sub.epoch(), at);
  }

  /** The newest place known here. */
  long head() {
    return tail == null ? 0 : tail.head();
  }

  @Override
  public void advanced(Tail t, List<LogEntry> entries) {
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      List<Walker> takers = live.match(entry.topic());
      for (int s = 0; s < takers.size(); s++) {
        Walker sub = takers.get(s);
        if (sub.isLive() && entry.seq() >= sub.next()) {
          if (sub.hasRoomFor(entry) && sub.session().canTake(entry)) {
            sub.session().stage(sub, entry);
          } else {
            sub.walkFrom(entry.seq());
          }
        }
      }
    }
  }

  @Override
  public void moved(Tail t, long headBefore) {
    for (Walker sub : List.copyOf(all)) {
      if (!sub.epoch().equals(t.epoch())) {
        restart(sub);
      } else {
        if (sub.next() > t.head() + 1) { // the store lost its newest part: those places come again
          sub.startBehind(new Cursor(t.epoch(), t.head()));
        } else if (sub.isLive()) {
          sub.walkFrom(Math.max(sub.next(), headBefore + 1));
        }
        pump(sub);
      }
    }
  }

  /** Gives the subscription a turn soon: it was added, has room again, or its page came. */
  void pump(Walker sub) {
    if (!sub.isLive() && !sub.isReading() && all.contains(sub)) {
      turns.add(sub);
      if (!running) {
        running = true;
        hub.later(this::takeTurns);
      }
    }
  }

  /** One turn for each that waits; who has not finished stands in line again for the next tick. */
  private void takeTurns() {
    running = false;
    for (int n = turns.size(); n > 0; n--) {
      Walker sub = turns.remove();
      if (all.contains(sub) && !sub.isLive() && !sub.isReading()) {
        walk(sub);
      }
    }
  }

  private void walk(Walker sub) {
    Tail t = tail;
    if (t == null) {
      return;
    }
    for (int n = 0; n < TURN; ) {
      if (sub.next() > t.head()) {
        sub.goLive();
        return;
      }
      LogEntry near = t.recent(sub.next());
      if (near != null) {
        if (!offer(sub, near)) {
          return;
        }
        n++;
        continue;
      }
      LogPages.Page page = hub.pages().peek(tenant, sub.epoch(), sub.next());
      if (page == null) {
        read(sub, t);
        return;
      }
      int taken = walkPage(sub, page);
      if (taken < 0) {
        return;
      }
      n += taken;
    }
    pump(sub);
  }

  /** Gives how many entries were looked at, or -1 when the subscription has no room left. */
  private int walkPage(Walker sub, LogPages.Page page) {
    int looked = 0;
    List<LogEntry> entries = page.entries();
    for (int i = 0; i < entries.size(); i++) {
      LogEntry e = entries.get(i);
      if (e.seq() < sub.next()) {
        continue;
      }
      if (e.seq() > sub.next()) {
        gap(sub, e.seq());
      }
      if (!offer(sub, e)) {
        return -1;
      }
      looked++;
    }
    if (sub.next() <= page.upTo()) {
      gap(sub, page.upTo() + 1);
    }
    return Math.max(1, looked);
  }

  /** False when there is no room; else the entry is behind the subscription. */
  private static boolean offer(Walker sub, LogEntry entry) {
    if (sub.takes(entry.topic())) {
      if (!sub.hasRoomFor(entry) || !sub.session().canTake(entry)) {
        return false;
      }
      sub.session().stage(sub, entry);
    } else {
      sub.passedUpTo(entry.seq() + 1);
    }
    return true;
  }

  /**
   * How many messages for {@code sub} lie between {@code from} and {@code upTo}: what its client
   * had done before it came, of which only the cursor is known. Beyond {@value #LOOK_BACK} places
   * they count as not for it.
   */
  Future<Long> taken(Walker sub, Cursor from, long upTo) {
    return taken(sub, from.epoch(), from.seq() + 1, upTo, from.seq() + LOOK_BACK, 0);
  }

  private Future<Long> taken(
      Walker sub, String epoch, long next, long upTo, long last, long found) {
    if (next > Math.min(upTo, last)) {
      return Future.succeededFuture(found);
    }
    return hub.pages()
        .read(tenant, epoch, next, Math.max(upTo, head()))
        .compose(
            page -> {
              long n = found;
              for (LogEntry e : page.entries()) {
                n += e.seq() >= next && e.seq() <= upTo && sub.takes(e.topic()) ? 1 : 0;
              }
              return taken(sub, epoch, Math.max(page.upTo(), next) + 1, upTo, last, n);
            });
  }

  private void read(Walker sub, Tail t) {
    sub.reading(true);
    hub.pages()
        .read(tenant, sub.epoch(), sub.next(), t.head())
        .onComplete(
            page -> {
              sub.reading(false);
              if (all.contains(sub)) {
                if (walkPage(sub, page) >= 0) {
                  pump(sub);
                }
              }
            },
            e -> {
              sub.reading(false);
              hub.afterPause(() -> pump(sub));
            });
  }

  /** What lay between is gone: trimmed while this one was behind. */
  private void gap(Walker sub, long goOnAt) {
    Cursor from = new Cursor(sub.epoch(), sub.next() - 1);
    Cursor to = new Cursor(sub.epoch(), goOnAt - 1);
    sub.session().announce(sub, new Resume.Gap(from, to, "retention"));
    sub.trimmedUpTo(goOnAt);
  }

  /** The log was replaced: begin at its oldest message. */
  private void restart(Walker sub) {
    Cursor from = sub.floorCursor();
    ends()
        .onSuccess(
            log -> {
              if (all.contains(sub) && !sub.epoch().equals(log.epoch())) {
                Cursor start = new Cursor(log.epoch(), log.oldest() - 1);
                sub.session().announce(sub, new Resume.Gap(from, start, "epoch"));
                sub.startBehind(start);
                pump(sub);
              }
            })
        .onFailure(e -> hub.afterPause(() -> restart(sub)));
  }

  /** The longest way that any subscription has to go; for the depth gauge. */
  long deepest() {
    long deepest = 0;
    for (Walker sub : all) {
      deepest = Math.max(deepest, behind(sub) + sub.unacked());
    }
    return deepest;
  }

  /** Those that hold a durable name; not to be changed. */
  List<Walker> named(String name) {
    return durable.getOrDefault(name, List.of());
  }

  private static List<Walker> both(List<Walker> some, List<Walker> more) {
    List<Walker> out = new ArrayList<>(some);
    out.addAll(more);
    return List.copyOf(out);
  }

  private static @Nullable List<Walker> without(List<Walker> some, Walker gone) {
    List<Walker> left = some.stream().filter(w -> w != gone).toList();
    return left.isEmpty() ? null : left;
  }
}
