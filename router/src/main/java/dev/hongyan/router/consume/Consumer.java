package dev.hongyan.router.consume;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.Tail;
import dev.hongyan.tenant.quota.Limit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer at its owner: opens its place in the log, feeds the queue, hands work to the sink
 * and says what there is to save. {@link TenantConsumers} gives it its turns. For one thread.
 */
final class Consumer {
  private static final Logger LOG = LoggerFactory.getLogger(Consumer.class);
  private static final Duration PAUSE = Duration.ofMillis(250);

  /** What one attempt costs of a turn, in entries that are looked at. */
  private static final int ATTEMPT_COST = 16;

  /** Topics of what WeChat pushes begin with this. */
  private static final String PUSHED = "wx.";

  private final TenantConsumers tenant;
  private final Consumers.Services services;
  private Plan plan;
  private @Nullable ConsumerQueue queue;
  private boolean opening;
  private boolean reading;
  private boolean more;
  private boolean ended;
  private boolean awaiting;
  private boolean unbalancedTold;
  private boolean throughTold;
  private @Nullable Counts reported;
  private @Nullable Pace shaped;
  private @Nullable Limit shapedBy;
  private long armedFor = Long.MAX_VALUE;
  private Timers.Cancellable alarm = () -> {};

  Consumer(Plan plan, TenantConsumers tenant, Consumers.Services services) {
    this.plan = plan;
    this.tenant = tenant;
    this.services = services;
  }

  String name() {
    return plan.name();
  }

  Plan plan() {
    return plan;
  }

  /** From now on by this plan; what is under way ends by the one before. */
  void plan(Plan next) {
    plan = next;
    ConsumerQueue q = queue;
    if (q != null) {
      q.limits(next.limits());
    }
    tenant.turn(this);
  }

  // ---- opening ----

  void open() {
    if (opening || ended || queue != null) {
      return;
    }
    opening = true;
    services
        .store()
        .open(tenant.name(), plan.name(), tenant.fence())
        .onComplete(
            opened -> {
              opening = false;
              if (!ended) {
                opened(opened);
              }
            },
            e -> {
              opening = false;
              Problem problem = ProblemException.of(e);
              if (problem == Problem.OWNER_MOVED) {
                tenant.ownerMoved();
              } else if (problem == Problem.CONFLICT) {
                LOG.warn("{} cannot begin: {}", plan.name(), e.getMessage());
              } else {
                var unused = services.timers().after(PAUSE, this::open);
              }
            });
  }

  private void opened(ConsumerStore.Opened opened) {
    LogHead log = opened.log();
    Resume resume = Resume.at(opened.floor(), log);
    boolean sameLog = resume.verdict() != Resume.Verdict.RESET;
    ConsumerQueue q =
        sameLog
            ? new ConsumerQueue(opened.floor(), opened.progress(), opened.counts(), plan.limits())
            : new ConsumerQueue(
                resume.start(),
                Progress.NONE,
                Counts.anew(resume.start().seq(), opened.parked().size(), opened.counts()),
                plan.limits());
    List<ConsumerStore.Parked> parked = new ArrayList<>(opened.parked());
    parked.sort(Comparator.comparingLong(p -> p.place().seq()));
    for (ConsumerStore.Parked p : parked) {
      Work w = new Work(p.id(), p.place(), p.header(), q.lane(p.header().subject()), null);
      w.attempts = p.attempts();
      w.dueMillis = p.dueMillis();
      w.lastError = p.lastError();
      q.restore(w);
    }
    q.gone(resume.start().seq()); // what retention took before it was read
    queue = q;
    reported = q.counts();
    tenant.opened(this);
    tenant.turn(this);
  }

  /** A message was put back for this consumer. */
  void inject(ConsumerStore.PutBack back) {
    ConsumerQueue q = queue;
    if (q != null && !q.has(back.id())) {
      LogEntry e = back.entry();
      q.inject(
          new Work(
              back.id(),
              new Cursor(e.epoch(), e.seq()),
              e.header(),
              q.lane(e.header().subject()),
              e),
          back.id());
      changed();
      tenant.turn(this);
    }
  }

  // ---- turns ----

  boolean hasMore() {
    return more;
  }

  /** Reads on and begins attempts; gives what it spent. */
  int turn(int allowance) {
    more = false;
    ConsumerQueue q = queue;
    Tail tail = tenant.tail();
    if (q == null || tail == null || ended || tenant.isFrozen()) {
      return 1; // whoever ends this gives it another turn
    }
    long now = services.clock().wallMillis();
    int spent = begin(q, allowance, now);
    if (spent < allowance && plan.sink().isOpen(now) && q.epoch().equals(tail.epoch())) {
      spent += read(q, tail, allowance - spent);
      spent += begin(q, allowance - spent, now);
    }
    changed();
    if (q.hasReady(now) && plan.sink().isOpen(now) && pacedFor(now) <= now) {
      more = true; // its allowance is used up
    }
    arm(q, now);
    Plan.Stretch stretch = plan.replay();
    if (stretch != null && q.next() > stretch.upTo() && q.waiting() == 0 && !q.isChanged()) {
      if (!throughTold) {
        throughTold = true;
        tenant.replayed(this, q.counts());
      }
    }
    return Math.max(1, spent);
  }

  private int begin(ConsumerQueue q, int allowance, long now) {
    int spent = 0;
    while (spent < allowance && q.hasReady(now)) {
      if (!plan.sink().isOpen(now)) {
        awaitSink();
        break;
      }
      if (pacedFor(now) > now) {
        break;
      }
      Work work = q.take(now);
      if (work == null) {
        break;
      }
      if (plan.replay() == null && work.deadline() <= now) {
        services.noted(tenant.name(), work, plan.name(), "expired", "its time is over");
        q.expired(work);
        spent++;
        continue;
      }
      attempt(q, work);
      spent += ATTEMPT_COST;
    }
    return spent;
  }

  private long pacedFor(long now) {
    Plan.Stretch stretch = plan.replay();
    if (stretch != null) {
      return stretch.pace().nextAtMillis(now);
    }
    Pace pushes = shape(now);
    return pushes == null ? now : pushes.nextAtMillis(now);
  }

  /** A tenant that gets more pushes than it may has them later, and nobody else notices. */
  private @Nullable Pace shape(long now) {
    Limit limit = services.pushes(tenant.name());
    if (limit == null) {
      shaped = null;
    } else if (shaped == null || !limit.equals(shapedBy)) {
      shaped = new Pace(limit.ratePerSecond(), limit.capacity(), now);
    }
    shapedBy = limit;
    return shaped;
  }

  private void awaitSink() {
    if (!awaiting) {
      awaiting = true;
      plan.sink()
          .awaitChange(
              () -> {
                awaiting = false;
                tenant.turn(this);
              });
    }
  }

  private void attempt(ConsumerQueue q, Work work) {
    Plan.Stretch stretch = plan.replay();
    if (stretch != null) {
      stretch.pace().took();
    } else if (shaped != null
        && work.attempts == 0
        && work.header.topic().startsWith(PUSHED)) { // what is tried again was counted
      shaped.took();
    }
    LogEntry entry = work.entry;
    if (entry != null) {
      deliver(q, work, entry);
      return;
    }
    services
        .store()
        .event(tenant.name(), plan.name(), work)
        .onComplete(
            found -> {
              if (ended || q != queue) {
                return; // another owner delivers it
              }
              if (found == null) { // nobody can deliver what is not there
                LOG.error("{}: the event of {} is not in the store", plan.name(), work.id);
                work.entry =
                    new LogEntry(
                        tenant.name(),
                        work.place.epoch(),
                        work.place.seq(),
                        work.header,
                        new byte[] {'{', '}'});
                q.dead(work, plan.answersFor(), "lost", "its event is not in the store");
                ended(q);
              } else if (tenant.isFrozen() || !plan.sink().isOpen(services.clock().wallMillis())) {
                q.held(work); // it closed while the event was read
                tenant.turn(this);
              } else {
                work.entry = found;
                deliver(q, work, found);
              }
            },
            e -> {
              q.held(work);
              var unused = services.timers().after(PAUSE, () -> tenant.turn(this));
            });
  }

  private void deliver(ConsumerQueue q, Work work, LogEntry entry) {
    services.begun();
    plan.sink()
        .deliver(entry, work.attempts + 1, plan.replay() == null ? work.header.deadlineMillis() : 0)
        .onComplete(
            result -> {
              services.over();
              over(q, work, result);
            },
            bug -> {
              services.over();
              LOG.error("{}: an attempt failed", plan.name(), bug);
              over(
                  q,
                  work,
                  Sink.Result.retry(
                      services.clock().wallMillis() + 5_000, "internal", 0, 0, new byte[0]));
            });
  }

  private void over(ConsumerQueue q, Work work, Sink.Result result) {
    if (ended || q != queue) {
      return; // another owner delivers it again
    }
    services.attempted(tenant.name(), work, plan.name(), result);
    switch (result.fate()) {
      case DELIVERED -> q.delivered(work);
      case RETRY -> q.retry(work, result.retryAtMillis(), result.error());
      case DEAD -> {
        work.attempts++;
        services.buried(result.reason());
        q.dead(work, plan.answersFor(), result.reason(), result.error());
      }
      case EXPIRED -> q.expired(work);
      case HELD -> q.held(work);
    }
    ended(q);
  }

  private void ended(ConsumerQueue q) {
    if (q == queue) {
      changed();
      tenant.turn(this);
    }
  }

  // ---- reading ----

  private int read(ConsumerQueue q, Tail tail, int allowance) {
    int spent = 0;
    long last = plan.replay() == null ? tail.head() : Math.min(tail.head(), plan.replay().upTo());
    while (q.wantsMore() && q.next() <= last && !reading) {
      if (spent >= allowance) {
        more = true;
        break;
      }
      LogEntry near = tail.recent(q.next());
      if (near != null) {
        q.offer(near, plan.selection().takes(near));
        spent++;
        continue;
      }
      LogPages.Page page = services.pages().peek(tenant.name(), q.epoch(), q.next());
      if (page == null) {
        readPage(q, tail);
        break;
      }
      spent += take(q, page, last);
    }
    return spent;
  }

  private void readPage(ConsumerQueue q, Tail tail) {
    reading = true;
    services
        .pages()
        .read(tenant.name(), q.epoch(), q.next(), tail.head())
        .onComplete(
            page -> {
              reading = false;
              if (queue == q && !ended) {
                Plan.Stretch stretch = plan.replay();
                var unused = take(q, page, stretch == null ? page.upTo() : stretch.upTo());
                tenant.turn(this);
              }
            },
            e -> {
              reading = false;
              var unused = services.timers().after(PAUSE, () -> tenant.turn(this));
            });
  }

  /** Feeds a page; gives how many entries that were. What is missing in it is gone for good. */
  private int take(ConsumerQueue q, LogPages.Page page, long last) {
    int looked = 1;
    for (LogEntry e : page.entries()) {
      if (!q.wantsMore() || e.seq() > last) {
        return looked;
      }
      if (e.seq() >= q.next()) {
        q.offer(e, plan.selection().takes(e));
        looked++;
      }
    }
    if (q.wantsMore()) {
      q.gone(Math.min(page.upTo(), last));
    }
    return looked;
  }

  /** The log was replaced: begin at its oldest message. */
  void restart(LogHead log) {
    ConsumerQueue q = queue;
    if (q == null) {
      return;
    }
    boolean lostItsEnd = q.epoch().equals(log.epoch()) && q.next() > log.seq() + 1;
    if (lostItsEnd || !q.epoch().equals(log.epoch())) {
      q.restart(new Cursor(log.epoch(), lostItsEnd ? log.seq() : log.oldest() - 1));
      changed();
      tenant.turn(this);
    }
  }

  private void arm(ConsumerQueue q, long now) {
    long at = q.wakeAtMillis();
    if (q.hasReady(now)) {
      if (!plan.sink().isOpen(now)) {
        awaitSink();
        at = Math.min(at, Math.max(now + 1, plan.sink().opensAtMillis()));
      } else {
        at = Math.min(at, Math.max(now + 1, pacedFor(now)));
      }
    } else if (!plan.sink().isOpen(now)) {
      awaitSink(); // reads on then
      at = Math.max(at, now + 1);
      long opens = plan.sink().opensAtMillis();
      if (opens != Long.MAX_VALUE) {
        at = Math.min(at, Math.max(now + 1, opens));
      }
    }
    if (at == Long.MAX_VALUE || at >= armedFor) {
      return;
    }
    alarm.cancel();
    armedFor = at;
    alarm =
        services
            .timers()
            .after(
                Duration.ofMillis(Math.min(Math.max(1, at - now), 86_400_000)),
                () -> {
                  armedFor = Long.MAX_VALUE;
                  tenant.turn(this);
                });
  }

  // ---- saving ----

  private void changed() {
    ConsumerQueue q = queue;
    if (q != null && q.isChanged()) {
      tenant.unsaved();
    }
  }

  /** Adds up before a save what came and what became of it. */
  void check(ConsumerQueue q) {
    if (!unbalancedTold && !q.isBalanced()) {
      unbalancedTold = true;
      services.imbalance(tenant.name(), plan.name());
    }
  }

  @Nullable ConsumerQueue queue() {
    return queue;
  }

  /** That it is through was not taken note of. */
  void askAgain() {
    throughTold = false;
    var unused = services.timers().after(PAUSE, () -> tenant.turn(this));
  }

  /** Messages of the log that are not settled here yet. */
  long behind() {
    ConsumerQueue q = queue;
    Tail tail = tenant.tail();
    return q == null || tail == null || !q.epoch().equals(tail.epoch())
        ? 0
        : Math.max(0, tail.head() - q.next() + 1) + q.waiting();
  }

  /** What was reported as stored before this. */
  Counts reported(Counts now) {
    Counts before = reported == null ? now : reported;
    reported = now;
    return before;
  }

  void end() {
    ended = true;
    alarm.cancel();
    queue = null;
  }
}
