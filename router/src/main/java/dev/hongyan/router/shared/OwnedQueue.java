package dev.hongyan.router.shared;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.shared.ToOwner.Attach;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.Tail;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One shared name at its owner: loads the queue when the first connection comes, feeds it from the
 * log, passes on what it decides, and says what there is to save. {@link OwnedTenant} gives it its
 * turns. For one thread.
 */
final class OwnedQueue implements SharedQueue.Outlet {
  /** Entries one queue may read in one turn, so that a long way behind does not hold up others. */
  private static final int TURN = 256;

  private static final Duration PAUSE = Duration.ofMillis(200);

  private final String name;
  private final OwnedTenant tenant;
  private final SharedOwner.Services services;
  private final Map<MemberId, Attach> members = new LinkedHashMap<>();
  private @Nullable SharedQueue queue;
  private long generation;
  private int loads;
  private boolean reading;
  private boolean ended;
  private final Set<String> putBacks = new HashSet<>(0);
  private boolean mustSave;
  private boolean forget;
  private int burying;
  private long toldBehind;
  private long armedFor = Long.MAX_VALUE;
  private Timers.Cancellable alarm = () -> {};

  OwnedQueue(String name, OwnedTenant tenant, SharedOwner.Services services) {
    this.name = name;
    this.tenant = tenant;
    this.services = services;
  }

  String name() {
    return name;
  }

  // ---- members ----

  void attach(Attach a) {
    if (members.size() >= SharedOwner.MEMBERS_MAX) {
      tenant.gone(a.member());
      services.post(
          new ToHub.Refused(
              a.member(),
              Problem.RATE_LIMITED,
              "a shared name has at most " + SharedOwner.MEMBERS_MAX + " connections"));
      return;
    }
    boolean first = members.isEmpty() && queue == null && loads == 0;
    members.put(a.member(), a);
    forget = false;
    toldBehind = -1;
    SharedQueue q = queue;
    if (first || a.seek()) {
      load(a);
    } else if (q != null) {
      Tail tail = tenant.tail();
      long head = tail == null ? q.next() - 1 : tail.head();
      join(q, a, new Resume(Resume.Verdict.RESUMED, q.floor(), head, null));
      tenant.turn(this);
    }
  }

  /** Reads where the name stands, or begins it; connections that come meanwhile wait. */
  private void load(Attach first) {
    SharedQueue before = queue;
    if (before != null) {
      before.restart(before.floor()); // takes back what its members have
      putBacks.clear();
      queue = null;
    }
    int load = ++loads;
    tenant
        .ready()
        .compose(
            tail ->
                services
                    .cursors()
                    .attach(
                        tenant.name(), name, "shared", first.at(), first.seek(), tenant.fence()))
        .onComplete(
            attached -> {
              if (load == loads && !ended) {
                loaded(attached);
              }
            },
            e -> {
              if (load == loads && !ended) {
                notLoaded(e);
              }
            });
  }

  private void loaded(CursorStore.Attached attached) {
    generation = attached.generation();
    Resume resume = attached.resume();
    SharedQueue q = new SharedQueue(resume.start(), attached.progress(), services.limits(), this);
    queue = q;
    for (Attach a : members.values()) {
      join(q, a, resume);
      resume = new Resume(Resume.Verdict.RESUMED, resume.start(), resume.head(), null);
    }
    if (members.isEmpty()) { // left meanwhile
      saveNow();
    }
    tenant.turn(this);
    lookForPutBacks();
  }

  /** There may be messages that were dead and were put back for this name. */
  void lookForPutBacks() {
    SharedQueue q = queue;
    if (q == null || ended) {
      return;
    }
    services
        .putBacks()
        .putBacks(tenant.name())
        .onSuccess(
            all -> {
              if (queue != q || ended) {
                return;
              }
              for (ConsumerStore.PutBack b : all) {
                if (b.consumer().equals(name) && putBacks.add(b.id())) {
                  LogEntry e = b.entry();
                  LogEntry here =
                      new LogEntry(e.tenant(), q.epoch(), e.seq(), e.header(), e.event());
                  if (!q.putBack(b.id(), here)) {
                    putBacks.remove(b.id()); // another time
                  }
                }
              }
              tenant.turn(this);
            });
  }

  @Override
  public void putBackOver(String id) {
    services
        .putBacks()
        .forgetPutBack(tenant.name(), id)
        .onComplete(
            done -> putBacks.remove(id),
            e -> {
              var unused = services.timers().after(PAUSE, () -> putBackOver(id));
            });
  }

  private void notLoaded(Throwable e) {
    Problem problem = ProblemException.of(e);
    for (MemberId id : members.keySet()) {
      services.post(new ToHub.Refused(id, problem, String.valueOf(e.getMessage())));
    }
    end(null);
    tenant.drop(this);
  }

  private void join(SharedQueue q, Attach a, Resume resume) {
    q.attach(
        a.member(),
        a.topics(),
        a.windowMessages(),
        a.windowBytes(),
        Duration.ofMillis(a.ackTimeoutMillis()));
    services.post(new ToHub.Attached(a.member(), resume));
  }

  void detach(ToOwner.Detach d, long now) {
    members.remove(d.member());
    forget = d.forget() && members.isEmpty();
    SharedQueue q = queue;
    if (q != null) {
      q.detach(d.member(), new HashSet<>(d.unsent()), now);
      tenant.turn(this);
    }
    if (members.isEmpty()) {
      saveNow();
    }
  }

  void settle(ToOwner.Settle s, long now) {
    SharedQueue q = queue;
    if (q == null || !q.epoch().equals(s.epoch())) {
      return; // of a log that was replaced, or of a place that was left by a seek
    }
    int acked = 0;
    for (long seq : s.seqs()) {
      switch (s.fate()) {
        case ACK -> acked += q.ack(s.member(), seq) ? 1 : 0;
        case NACK -> q.nack(s.member(), seq, s.millis() * 1_000_000L, now);
        case EXTEND -> q.extend(s.member(), seq, s.millis() * 1_000_000L, now);
        case TERM -> q.term(s.member(), seq, s.reason());
      }
    }
    services.counts().acked(acked);
    tenant.turn(this);
  }

  // ---- reading ----

  /** Reads on, hands out, and sets the alarm; true when there is more to read at once. */
  boolean turn(long now) {
    SharedQueue q = queue;
    Tail tail = tenant.tail();
    if (q == null || tail == null || ended) {
      return false;
    }
    q.settle(now);
    boolean more = q.epoch().equals(tail.epoch()) && read(q, tail);
    q.settle(now);
    if (q.takeChanged()) {
      tenant.unsaved();
      mustSave = true;
    }
    arm(q, now);
    return more;
  }

  private boolean read(SharedQueue q, Tail tail) {
    for (int n = 0; q.wantsMore() && q.next() <= tail.head() && !reading; n++) {
      if (n == TURN) {
        return true;
      }
      LogEntry near = tail.recent(q.next());
      if (near != null) {
        q.offer(near);
        continue;
      }
      LogPages.Page page = services.pages().peek(tenant.name(), q.epoch(), q.next());
      if (page == null) {
        readPage(q, tail);
        return false;
      }
      n += take(q, page);
    }
    return false;
  }

  private void readPage(SharedQueue q, Tail tail) {
    reading = true;
    services
        .pages()
        .read(tenant.name(), q.epoch(), q.next(), tail.head())
        .onComplete(
            page -> {
              reading = false;
              if (queue == q && !ended) {
                var unused = take(q, page);
                tenant.turn(this);
              }
            },
            e -> {
              reading = false;
              var unused = services.timers().after(PAUSE, () -> tenant.turn(this));
            });
  }

  /** Feeds a page; gives how many entries that were. What is missing in it is gone for good. */
  private int take(SharedQueue q, LogPages.Page page) {
    List<LogEntry> entries = page.entries();
    int looked = 1;
    for (int i = 0; i < entries.size() && q.wantsMore(); i++) {
      LogEntry e = entries.get(i);
      if (e.seq() >= q.next()) {
        gapUpTo(q, e.seq() - 1);
        q.offer(e);
        looked++;
      }
    }
    if (q.wantsMore()) {
      gapUpTo(q, page.upTo());
    }
    return looked;
  }

  private void gapUpTo(SharedQueue q, long seq) {
    if (q.next() <= seq) {
      Cursor from = new Cursor(q.epoch(), q.next() - 1);
      tellGap(new Resume.Gap(from, new Cursor(q.epoch(), seq), "retention"));
      q.trimmedUpTo(seq);
    }
  }

  private void tellGap(Resume.Gap gap) {
    for (MemberId id : members.keySet()) {
      services.post(new ToHub.Gap(id, gap));
    }
  }

  /** The log was replaced: begin at its oldest message. */
  void restart(LogHead log) {
    SharedQueue q = queue;
    if (q != null && !q.epoch().equals(log.epoch())) {
      Cursor start = new Cursor(log.epoch(), log.oldest() - 1);
      Resume.Gap gap = new Resume.Gap(q.floor(), start, "epoch");
      q.restart(start);
      putBacks.clear();
      tellGap(gap);
      tenant.turn(this);
    }
  }

  private void arm(SharedQueue q, long now) {
    long at = q.wakeAt();
    if (at == armedFor) {
      return;
    }
    // An alarm that rings too early is set anew then; one that would be late is not waited for.
    if (at == Long.MAX_VALUE || (armedFor != Long.MAX_VALUE && armedFor - at < 0)) {
      return;
    }
    alarm.cancel();
    armedFor = at;
    alarm =
        services
            .timers()
            .after(
                Duration.ofNanos(Math.max(0, at - now) + 999_999),
                () -> {
                  armedFor = Long.MAX_VALUE;
                  tenant.turn(this);
                });
  }

  // ---- what the queue decides ----

  @Override
  public void deliver(Member to, LogEntry entry, int attempt) {
    services.post(new ToHub.Deliver(to.id(), entry, attempt));
  }

  @Override
  public void withdraw(Member from, long seq) {
    services.post(new ToHub.Withdrawn(from.id(), seq));
  }

  @Override
  public void failed(SharedQueue.Failure why) {
    services.counts().failed(why);
  }

  @Override
  public void bury(LogEntry entry, String reason, int attempts, String lastError) {
    burying++;
    write(queue, entry, reason, attempts, lastError);
  }

  private void write(
      @Nullable SharedQueue q, LogEntry entry, String reason, int attempts, String lastError) {
    services
        .dead()
        .add(entry, name, reason, attempts, lastError)
        .onComplete(
            id -> {
              burying--;
              services.counts().buried(reason);
              if (q != null && queue == q && q.epoch().equals(entry.epoch())) {
                q.buried(entry.seq());
                tenant.turn(this);
              }
            },
            e -> {
              var unused =
                  services
                      .timers()
                      .after(
                          PAUSE,
                          () -> {
                            if (!ended && queue == q) {
                              write(q, entry, reason, attempts, lastError);
                            } else { // it is delivered again, here or elsewhere
                              burying--;
                            }
                          });
            });
  }

  // ---- saving, ending ----

  /** What there is to save; null for nothing. */
  CursorStore.@Nullable SharedSave takeSave() {
    SharedQueue q = queue;
    if (!mustSave || q == null || forget) {
      return null;
    }
    mustSave = false;
    return new CursorStore.SharedSave(name, generation, q.floor(), q.progress(), q.outcome());
  }

  /** The save came to nothing: try again. */
  void notSaved() {
    mustSave = true;
    tenant.unsaved();
  }

  /** What was read without effect moved the floor, too: retention should know now and then. */
  void saveNow() {
    if (queue != null) {
      mustSave = true;
      tenant.unsaved();
    }
  }

  /** Whether nobody takes part and everything is saved. */
  boolean isIdle() {
    SharedQueue q = queue;
    if (q == null) {
      return members.isEmpty() && loads == 0;
    }
    if (q.takeChanged()) { // since its last turn: something was buried, say
      saveNow();
    }
    return members.isEmpty() && burying == 0 && !mustSave;
  }

  /** The generation to forget, when that is what its last connection wanted; else 0. */
  long toForget() {
    return forget && members.isEmpty() && queue != null ? generation : 0;
  }

  /** Tells the members when what nobody has got yet has changed. */
  void tellBehind() {
    SharedQueue q = queue;
    Tail tail = tenant.tail();
    if (q == null || tail == null) {
      return;
    }
    long behind = Math.max(0, tail.head() - q.next() + 1) + q.waiting();
    if (behind != toldBehind) {
      toldBehind = behind;
      for (MemberId id : members.keySet()) {
        services.post(new ToHub.Behind(id, behind));
      }
    }
  }

  /** Is served here no more; its members are told why, unless they know. */
  void end(@Nullable Problem why) {
    ended = true;
    alarm.cancel();
    queue = null;
    for (MemberId id : members.keySet()) {
      tenant.gone(id);
      if (why != null) {
        services.post(new ToHub.Ended(id, why));
      }
    }
    members.clear();
  }
}
