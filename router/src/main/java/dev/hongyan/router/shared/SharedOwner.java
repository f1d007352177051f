package dev.hongyan.router.shared;

import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.slot.Slots;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailFeed;
import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The shared subscriptions of all tenants whose slots this node owns. Listens where hubs of this
 * process tell it of connections and acks, and tells them what to deliver; nobody listens at a slot
 * that is not ours, and hubs ask again. For one event loop.
 *
 * <p>What is kept over a change of owner is each name's floor, what is done above it, and how often
 * the rest was tried in vain, saved every 100 ms. What is lost with an owner that dies comes again.
 */
public final class SharedOwner implements SlotLeases.Listener {
  /** Connections one shared name may have. */
  public static final int MEMBERS_MAX = 1_000;

  static final Duration SAVE_EVERY = Duration.ofMillis(100);

  /** Names with nothing to ack save this often, so that retention need not wait for them. */
  private static final int TEN_SECONDS = 100;

  private final Parts parts;
  private final Services services;
  private final Map<Integer, Slot> slots = new HashMap<>();
  private final Map<String, OwnedTenant> tenants = new HashMap<>();
  private final Map<MemberId, OwnedQueue> byMember = new HashMap<>();
  private final Set<OwnedTenant> unsaved = new LinkedHashSet<>();
  private Set<OwnedQueue> turns = new LinkedHashSet<>();
  private final Posts<String, ToHub> posts;
  private final Timers.Cancellable rounds;
  private boolean turning;
  private boolean stopping;
  private int ticks;

  private record Slot(long fence, MessageConsumer<Object> consumer) {}

  /**
   * What it works with.
   *
   * @param endOfTick runs a task after what this tick has still to do
   * @param fenceOfSlot this node's fencing number for a slot, 0 when it has none
   * @param frozen whether nothing of a tenant is delivered now
   * @param attemptsMax deliveries of a message before it goes to the dead letters, 1 at least
   */
  public record Parts(
      Bus bus,
      Clock clock,
      Timers timers,
      Executor endOfTick,
      TailFeed feed,
      LogStore log,
      LogPages pages,
      CursorStore cursors,
      ConsumerStore putBacks,
      DeadLetterStore dead,
      IntToLongFunction fenceOfSlot,
      Predicate<String> frozen,
      Metrics metrics,
      int attemptsMax) {}

  /** What tenants and queues use. */
  record Services(
      Timers timers,
      TailFeed feed,
      LogPages pages,
      CursorStore cursors,
      ConsumerStore putBacks,
      DeadLetterStore dead,
      SharedQueue.Limits limits,
      Counts counts,
      Posts<String, ToHub> posts) {
    void post(ToHub what) {
      posts.post(what.member().hub(), what);
    }
  }

  /** The series of this owner. */
  static final class Counts {
    private final Metrics metrics;
    private final Tally acks;
    private final Map<SharedQueue.Failure, Tally> failures =
        new EnumMap<>(SharedQueue.Failure.class);

    Counts(Metrics metrics) {
      this.metrics = metrics;
      acks = metrics.tally(Series.ACKS);
      for (SharedQueue.Failure f : SharedQueue.Failure.values()) {
        failures.put(f, metrics.tally(Series.ATTEMPTS_FAILED, f.word));
      }
    }

    void acked(int messages) {
      if (messages > 0) {
        acks.add(messages);
      }
    }

    void failed(SharedQueue.Failure why) {
      Tally tally = failures.get(why);
      if (tally != null) {
        tally.add();
      }
    }

    void buried(String reason) {
      metrics.count(Series.DEAD_LETTERS, reason);
    }
  }

  public SharedOwner(Parts parts) {
    this.parts = parts;
    posts =
        new Posts<>(
            parts.endOfTick(),
            (hub, items) -> parts.bus().tell(ToHub.ADDRESS.at(hub), new ToHub.Batch(items)));
    services =
        new Services(
            parts.timers(),
            parts.feed(),
            parts.pages(),
            parts.cursors(),
            parts.putBacks(),
            parts.dead(),
            SharedQueue.Limits.attempts(parts.attemptsMax()),
            new Counts(parts.metrics()),
            posts);
    rounds = parts.timers().every(SAVE_EVERY, this::round);
  }

  // ---- slots ----

  @Override
  public void gained(int slot, long fence) {
    lost(slot);
    slots.put(
        slot,
        new Slot(fence, parts.bus().on(ToOwner.ADDRESS.at(slot), batch -> heard(slot, batch))));
  }

  @Override
  public void lost(int slot) {
    Slot was = slots.remove(slot);
    if (was == null) {
      return;
    }
    var unused = was.consumer.unregister();
    for (OwnedTenant t : List.copyOf(tenants.values())) {
      if (t.slot() == slot) {
        var last = t.save(); // fenced: when another one is here already this changes nothing
        end(t, Problem.OWNER_MOVED);
      }
    }
    posts.flush();
  }

  private void heard(int slot, ToOwner.Batch batch) {
    Slot owned = slots.get(slot);
    if (owned == null || stopping) {
      return;
    }
    if (parts.fenceOfSlot().applyAsLong(slot) != owned.fence) {
      lost(slot);
      return;
    }
    long now = parts.clock().nanos();
    for (ToOwner item : batch.items()) {
      if (item instanceof ToOwner.Attach a) {
        attach(slot, owned.fence, a);
        continue;
      }
      OwnedQueue queue = byMember.get(item.member());
      if (item instanceof ToOwner.Detach d) {
        byMember.remove(d.member());
        if (queue != null) {
          queue.detach(d, now);
        }
      } else if (item instanceof ToOwner.Settle s) {
        if (queue != null) {
          queue.settle(s, now);
        } else { // of a life before: it should come again
          services.post(new ToHub.Ended(s.member(), Problem.OWNER_MOVED));
        }
      }
    }
  }

  private void attach(int slot, long fence, ToOwner.Attach a) {
    if (!byMember.containsKey(a.member()) && Slots.of(a.tenant()) == slot) {
      OwnedTenant tenant =
          tenants.computeIfAbsent(
              a.tenant(),
              t -> new OwnedTenant(t, slot, fence, this, services, parts.frozen().test(t)));
      OwnedQueue queue = tenant.queue(a.name());
      byMember.put(a.member(), queue);
      queue.attach(a);
    }
  }

  /** There is work for this tenant that is not in its log: messages put back. */
  public void work(String tenant) {
    OwnedTenant known = tenants.get(tenant);
    if (known != null) {
      known.lookForPutBacks();
    }
  }

  /** A tenant may have been frozen or unfrozen. */
  public void changed(String tenant) {
    OwnedTenant known = tenants.get(tenant);
    if (known != null) {
      known.freeze(parts.frozen().test(tenant));
    }
  }

  /** What is kept for this tenant was changed in the store; its connections ask again. */
  public void reopen(String tenant) {
    OwnedTenant known = tenants.get(tenant);
    if (known != null) {
      known
          .save()
          .onComplete(
              saved -> {
                if (tenants.get(tenant) == known) {
                  end(known, Problem.OWNER_MOVED);
                  posts.flush();
                }
              });
    }
  }

  void gone(MemberId member) {
    byMember.remove(member);
  }

  /** Lets go of a tenant without names. */
  void retire(OwnedTenant tenant) {
    if (tenant.isEmpty() && tenants.get(tenant.name()) == tenant) {
      end(tenant, null);
    }
  }

  private void end(OwnedTenant tenant, @Nullable Problem why) {
    tenants.remove(tenant.name(), tenant);
    unsaved.remove(tenant);
    tenant.end(why);
  }

  Future<LogHead> logHead(String tenant) {
    return parts.log().head(tenant);
  }

  // ---- turns ----

  /** Gives the queue a turn at the end of this tick. */
  void turn(OwnedQueue queue) {
    turns.add(queue);
    if (!turning) {
      turning = true;
      parts.endOfTick().execute(this::takeTurns);
    }
  }

  /** One turn for each; who has not finished stands in line again for the next tick. */
  private void takeTurns() {
    turning = false;
    if (stopping) {
      return;
    }
    Set<OwnedQueue> round = turns;
    turns = new LinkedHashSet<>();
    long now = parts.clock().nanos();
    for (OwnedQueue queue : round) {
      if (queue.turn(now)) {
        turn(queue);
      }
    }
    posts.flush();
  }

  // ---- rhythm ----

  void unsaved(OwnedTenant tenant) {
    unsaved.add(tenant);
  }

  private void round() {
    for (int slot : List.copyOf(slots.keySet())) {
      Slot owned = slots.get(slot);
      if (owned != null && parts.fenceOfSlot().applyAsLong(slot) != owned.fence) {
        lost(slot);
      }
    }
    var unused = saveAll();
    ticks++;
    if (ticks % 10 == 0) {
      List.copyOf(tenants.values()).forEach(OwnedTenant::everySecond);
    }
    if (ticks % TEN_SECONDS == 0) {
      List.copyOf(tenants.values()).forEach(OwnedTenant::everyTenSeconds);
    }
  }

  private Future<Void> saveAll() {
    List<Future<?>> all = new ArrayList<>();
    List<OwnedTenant> some = List.copyOf(unsaved);
    unsaved.clear();
    for (OwnedTenant t : some) {
      all.add(t.save());
    }
    return Future.join(all).mapEmpty();
  }

  /** Hands out no more, saves everything, and tells the members; then the leases may go. */
  public Future<Void> stop() {
    stopping = true;
    rounds.cancel();
    for (OwnedTenant t : tenants.values()) {
      t.everyTenSeconds();
    }
    return saveAll()
        .onComplete(
            done -> {
              for (int slot : List.copyOf(slots.keySet())) {
                lost(slot);
              }
            });
  }
}
