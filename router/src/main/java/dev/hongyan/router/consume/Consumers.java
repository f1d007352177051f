package dev.hongyan.router.consume;

import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.slot.SlotTenants;
import dev.hongyan.router.slot.Slots;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.quota.Limit;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of all tenants whose slots this node owns. For one event loop.
 *
 * <p>Tenants take turns by {@link FairTurns}: a flood of one moves the others' waiting time by what
 * one turn of it costs. What is kept over a change of owner is saved every 100 ms; what is lost
 * with an owner that dies is delivered again.
 */
public final class Consumers implements SlotLeases.Listener {
  static final Duration SAVE_EVERY = Duration.ofMillis(100);

  /** What a tenant may spend in a turn, in entries looked at; an attempt costs 16. */
  private static final int QUANTUM = 64;

  /** And all together in a tick of the event loop. */
  private static final int TICK = 256;

  private static final int A_SECOND = 10;

  /** A place in the log that nobody has used for so long and nobody wants is given up. */
  private static final Duration ABANDONED_AFTER = Duration.ofMinutes(10);

  /** Attempts of all tenants that may be under way. */
  private static final int UNDER_WAY_MAX = 4_096;

  private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

  private final Parts parts;
  private final Services services;
  private final Map<Integer, Long> slots = new HashMap<>();
  private final Map<String, TenantConsumers> tenants = new HashMap<>();
  private final Map<String, List<Replay>> replays = new HashMap<>();
  private final Set<TenantConsumers> unsaved = new LinkedHashSet<>();
  private final FairTurns<TenantConsumers> turns;
  private final Timers.Cancellable rounds;
  private Iterator<TenantConsumers> checks = Collections.emptyIterator();
  private int ticks;
  private boolean turning;
  private boolean stopping;
  private int underWay;

  /**
   * What it works with.
   *
   * @param loop runs a task on this event loop, from any thread, after what it has still to do
   * @param imbalance told of a tenant and a consumer whose ledger does not add up
   */
  public record Parts(
      Clock clock,
      Timers timers,
      Executor loop,
      TailFeed feed,
      LogStore log,
      LogPages pages,
      ConsumerStore store,
      CursorStore cursors,
      TenantDirectory directory,
      SlotTenants slotTenants,
      Planner planner,
      Trail trail,
      ReplayStore replays,
      Metrics metrics,
      BiConsumer<String, String> imbalance) {}

  /** What consumers use. */
  final class Services {
    private final Tally taken = parts.metrics().tally(Series.DELIVERED, "http");
    private final Tally delivered = parts.metrics().tally(Series.LEDGER_SETTLED, "delivered");
    private final Tally expired = parts.metrics().tally(Series.LEDGER_SETTLED, "expired");
    private final Tally dead = parts.metrics().tally(Series.LEDGER_SETTLED, "dead");
    private final Tally filtered = parts.metrics().tally(Series.LEDGER_SETTLED, "filtered");

    Clock clock() {
      return parts.clock();
    }

    Timers timers() {
      return parts.timers();
    }

    TailFeed feed() {
      return parts.feed();
    }

    LogStore log() {
      return parts.log();
    }

    LogPages pages() {
      return parts.pages();
    }

    ConsumerStore store() {
      return parts.store();
    }

    void begun() {
      underWay++;
    }

    void over() {
      if (underWay-- == UNDER_WAY_MAX) {
        turnSoon();
      }
    }

    void attempted(String tenant, Work work, String consumer, Sink.Result result) {
      if (result.fate() == Sink.Fate.DELIVERED) {
        taken.add();
        if (!consumer.equals(Tenant.SENDS)) { // those are calls to WeChat
          parts.metrics().usage().of(tenant).add(Used.HTTP_DELIVERIES);
        }
      }
      parts
          .trail()
          .attempt(
              tenant,
              work.header.id(),
              consumer,
              work.attempts + 1,
              result.fate().name(),
              result.status(),
              result.error(),
              result.tookMillis(),
              result.answer());
    }

    void noted(String tenant, Work work, String consumer, String what, String why) {
      parts.trail().note(tenant, work.header.id(), consumer, what, why);
    }

    void buried(String reason) {
      parts.metrics().count(Series.DEAD_LETTERS, reason);
    }

    /** How fast a tenant's pushes go to its consumers; null for as fast as they can. */
    @Nullable Limit pushes(String tenant) {
      return parts.directory().quotas().of(tenant).of(Limit.WEBHOOK);
    }

    Level level(Series series, String tenant) {
      return parts.metrics().level(series, tenant);
    }

    /** So much is stored now, and was before. */
    void settled(Counts before, Counts now) {
      delivered.add(Math.max(0, now.delivered() - before.delivered()));
      expired.add(Math.max(0, now.expired() - before.expired()));
      dead.add(Math.max(0, now.dead() - before.dead()));
      filtered.add(Math.max(0, now.filtered() - before.filtered()));
    }

    void imbalance(String tenant, String consumer) {
      parts.metrics().count(Series.LEDGER_IMBALANCES);
      parts.imbalance().accept(tenant, consumer);
    }
  }

  public Consumers(Parts parts) {
    this.parts = parts;
    this.services = new Services();
    this.turns =
        new FairTurns<>(
            QUANTUM,
            new FairTurns.Worker<>() {
              @Override
              public int work(TenantConsumers party, int allowance) {
                return party.work(allowance);
              }

              @Override
              public boolean hasMore(TenantConsumers party) {
                return party.hasMore();
              }
            });
    parts.directory().onChange(change -> parts.loop().execute(() -> changed(change.tenant())));
    rounds = parts.timers().every(SAVE_EVERY, this::round);
  }

  // ---- slots and tenants ----

  @Override
  public void gained(int slot, long fence) {
    lost(slot);
    slots.put(slot, fence);
    parts.slotTenants().of(slot).forEach(this::changed);
  }

  @Override
  public void lost(int slot) {
    if (slots.remove(slot) == null) {
      return;
    }
    for (TenantConsumers t : List.copyOf(tenants.values())) {
      if (t.slot() == slot) {
        var last = t.save(); // fenced: when another one is here already this changes nothing
        end(t);
      }
    }
  }

  /** A tenant may have other consumers now. */
  private void changed(String id) {
    Tenant tenant = parts.directory().find(id);
    int slot = Slots.of(id);
    Long fence = slots.get(slot);
    if (fence == null || stopping) {
      return;
    }
    List<Plan> plans =
        tenant == null || tenant.suspended() ? List.of() : parts.planner().plans(tenant);
    TenantConsumers known = tenants.get(id);
    if (plans.isEmpty()) {
      if (known != null) {
        var last = known.save();
        end(known);
      }
      return;
    }
    if (known == null) {
      known = new TenantConsumers(id, slot, fence, this, services);
      tenants.put(id, known);
      lookForReplays(id);
      giveUpAbandoned(id);
    }
    known.freeze(tenant != null && tenant.frozen());
    List<Plan> all = new ArrayList<>(plans);
    for (Replay r : replays.getOrDefault(id, List.of())) {
      plans.stream()
          .filter(p -> p.name().equals(r.consumer()))
          .forEach(p -> all.add(p.again(r, parts.clock().wallMillis())));
    }
    known.plan(all);
  }

  /** Places that were made for a configuration that was never written, say. */
  private void giveUpAbandoned(String tenant) {
    long before = parts.clock().wallMillis() - ABANDONED_AFTER.toMillis();
    parts
        .store()
        .consumers(tenant, before)
        .onSuccess(
            all -> {
              Tenant now = parts.directory().find(tenant);
              for (String name : all) {
                if (now != null && !Replay.isPlace(name) && !now.consumers().contains(name)) {
                  var unused = parts.store().ends(tenant, name);
                }
              }
            });
  }

  private void lookForReplays(String tenant) {
    parts
        .replays()
        .list(tenant)
        .onComplete(
            all -> {
              List<Replay> running = all.stream().filter(Replay::isRunning).toList();
              List<Replay> before =
                  running.isEmpty() ? replays.remove(tenant) : replays.put(tenant, running);
              if (!running.equals(before == null ? List.of() : before)) {
                changed(tenant);
              }
            },
            e -> {
              if (tenants.containsKey(tenant)) {
                var unused = parts.timers().after(SAVE_EVERY, () -> lookForReplays(tenant));
              }
            });
  }

  void lookAgain(String tenant) {
    parts.loop().execute(() -> changed(tenant));
  }

  /** There is work for this tenant that is not in its log: messages put back, replays. */
  public void work(String tenant) {
    TenantConsumers known = tenants.get(tenant);
    if (known != null) {
      known.lookForPutBacks();
      lookForReplays(tenant);
    }
  }

  /** What is kept for this tenant was changed in the store: nothing in memory counts any more. */
  public void reopen(String tenant) {
    TenantConsumers known = tenants.get(tenant);
    if (known != null) {
      known
          .save()
          .onComplete(
              saved -> {
                if (tenants.get(tenant) == known) {
                  end(known);
                  changed(tenant);
                }
              });
    }
  }

  /** A newer owner was met. */
  void moved(TenantConsumers t) {
    end(t);
  }

  private void end(TenantConsumers t) {
    if (tenants.remove(t.name(), t)) {
      unsaved.remove(t);
      turns.remove(t);
      parts.planner().forget(t.name());
      replays.remove(t.name());
    }
    t.end();
  }

  /** A replay is through: its place in the log goes. */
  void replayed(TenantConsumers t, Consumer c, Counts counts) {
    for (Replay r : replays.getOrDefault(t.name(), List.of())) {
      if (r.place().equals(c.name())) {
        parts
            .replays()
            .end(t.name(), r.with(Replay.DONE, counts.delivered(), counts.dead()))
            .onFailure(e -> c.askAgain());
      }
    }
  }

  // ---- turns ----

  void turn(TenantConsumers t) {
    var unused = turns.add(t);
    turnSoon();
  }

  private void turnSoon() {
    if (!turning && !stopping) {
      turning = true;
      parts.loop().execute(this::takeTurns);
    }
  }

  private void takeTurns() {
    turning = false;
    if (!stopping && underWay < UNDER_WAY_MAX && turns.spend(TICK)) {
      turnSoon();
    }
  }

  // ---- rhythm ----

  void unsaved(TenantConsumers t) {
    unsaved.add(t);
  }

  private void round() {
    var unused = saveAll();
    parts.trail().flush();
    if (++ticks % A_SECOND == 0) {
      tenants.values().forEach(TenantConsumers::measure);
      checkOne();
    }
  }

  /** Adds up what the store says of one tenant; every tenant has its turn. */
  private void checkOne() {
    if (!checks.hasNext()) {
      checks = List.copyOf(tenants.values()).iterator();
    }
    TenantConsumers t = checks.hasNext() ? checks.next() : null;
    if (t == null || tenants.get(t.name()) != t) {
      return;
    }
    List<String> names = t.consumers().stream().map(Consumer::name).toList();
    parts
        .store()
        .ledger(t.name(), names)
        .onSuccess(
            all -> {
              for (Ledger l : all) {
                if (!l.isBalanced() && !Replay.isPlace(l.consumer())) {
                  services.imbalance(t.name(), l.consumer());
                }
              }
            });
    checkSubscriptions(t);
  }

  /** Some of its durable names each time; the cursors are asked for before the head. */
  private void checkSubscriptions(TenantConsumers t) {
    parts
        .cursors()
        .some(t.name(), t.checkedNamesUpTo())
        .onSuccess(
            some -> {
              t.checkedNamesUpTo(some.next());
              parts
                  .log()
                  .head(t.name())
                  .onSuccess(
                      head -> {
                        for (CursorStore.Stored name : some.names()) {
                          if (name.isSubscription() && !Ledger.of(name, head).isBalanced()) {
                            services.imbalance(t.name(), name.name());
                          }
                        }
                      });
            });
  }

  private Future<?> saveAll() {
    List<Future<?>> all = new ArrayList<>();
    List<TenantConsumers> some = List.copyOf(unsaved);
    unsaved.clear();
    for (TenantConsumers t : some) {
      all.add(t.save());
    }
    return Future.join(all);
  }

  /** Begins no more, waits a moment for what is under way, saves everything; leases may go then. */
  public Future<?> stop() {
    stopping = true;
    rounds.cancel();
    return settled(parts.clock().nanos() + STOP_WITHIN.toNanos())
        .compose(done -> saveAll())
        .eventually(
            () -> {
              parts.trail().flush();
              List.copyOf(tenants.values()).forEach(this::end);
              slots.clear();
              return Future.succeededFuture();
            });
  }

  private Future<Void> settled(long untilNanos) {
    if (underWay == 0 || parts.clock().nanos() - untilNanos >= 0) {
      return Future.succeededFuture();
    }
    Promise<Void> later = Promise.promise();
    var unused =
        parts.timers().after(Duration.ofMillis(20), () -> settled(untilNanos).onComplete(later));
    return later.future();
  }
}
