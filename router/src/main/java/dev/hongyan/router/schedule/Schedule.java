package dev.hongyan.router.schedule;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.slot.SlotTenants;
import dev.hongyan.router.slot.Slots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * Fires the delayed messages of the tenants whose slots this node owns. One timer for all of them,
 * set to the next due time; of a tenant only that time is in memory, however many wait. For one
 * event loop.
 */
public final class Schedule implements SlotLeases.Listener {
  private static final Duration AGAIN = Duration.ofMillis(250);
  private static final Duration TIMER_MAX = Duration.ofHours(1);
  private static final int LOOK_AT_ONCE = 500;

  private final DelayStore store;
  private final Clock clock;
  private final Timers timers;
  private final SlotTenants tenants;
  private final BooleanSupplier otherNodes;
  private final BiConsumer<String, Long> appended;
  private final Map<Integer, Long> fences = new HashMap<>();
  private final TreeSet<Due> dues =
      new TreeSet<>(Comparator.comparingLong(Due::atMillis).thenComparing(Due::tenant));
  private final Map<String, Due> byTenant = new HashMap<>();
  private final Set<String> firing = new HashSet<>();
  private Timers.Cancellable timer = () -> {};
  private long timerMillis = Long.MAX_VALUE;
  private boolean stopped;

  private record Due(long atMillis, String tenant) {}

  /**
   * @param otherNodes whether anybody outside this process wants to hear of new messages
   * @param appended told of a tenant and how far its log goes now
   */
  public Schedule(
      DelayStore store,
      Clock clock,
      Timers timers,
      SlotTenants tenants,
      BooleanSupplier otherNodes,
      BiConsumer<String, Long> appended) {
    this.store = store;
    this.clock = clock;
    this.timers = timers;
    this.tenants = tenants;
    this.otherNodes = otherNodes;
    this.appended = appended;
  }

  @Override
  public void gained(int slot, long fence) {
    fences.put(slot, fence);
    look(tenants.of(slot));
  }

  @Override
  public void lost(int slot) {
    fences.remove(slot);
    dues.removeIf(due -> Slots.of(due.tenant) == slot);
    byTenant.keySet().removeIf(tenant -> Slots.of(tenant) == slot);
  }

  /** This tenant may have a message that is due earlier than what is known. */
  public void look(String tenant) {
    look(List.of(tenant));
  }

  private void look(List<String> some) {
    for (int from = 0; from < some.size(); from += LOOK_AT_ONCE) {
      List<String> batch = some.subList(from, Math.min(some.size(), from + LOOK_AT_ONCE));
      List<String> ours = new ArrayList<>(batch);
      ours.removeIf(t -> !fences.containsKey(Slots.of(t)));
      if (ours.isEmpty() || stopped) {
        continue;
      }
      store
          .next(ours)
          .onComplete(
              times -> {
                for (int i = 0; i < ours.size(); i++) {
                  set(ours.get(i), times.get(i));
                }
              },
              e -> {
                var unused = timers.after(AGAIN, () -> look(ours));
              });
    }
  }

  private void set(String tenant, long atMillis) {
    if (stopped || !fences.containsKey(Slots.of(tenant))) {
      return;
    }
    Due before = byTenant.remove(tenant);
    if (before != null) {
      dues.remove(before);
    }
    if (atMillis >= 0) {
      Due due = new Due(atMillis, tenant);
      byTenant.put(tenant, due);
      dues.add(due);
    }
    arm();
  }

  private void arm() {
    if (dues.isEmpty() || stopped) {
      return;
    }
    long at = dues.first().atMillis;
    if (at >= timerMillis) {
      return; // it rings before, and is set anew then
    }
    timer.cancel();
    timerMillis = at;
    long wait = Math.min(Math.max(1, at - clock.wallMillis()), TIMER_MAX.toMillis());
    timer =
        timers.after(
            Duration.ofMillis(wait),
            () -> {
              timerMillis = Long.MAX_VALUE;
              ring();
            });
  }

  private void ring() {
    long now = clock.wallMillis();
    while (!dues.isEmpty() && dues.first().atMillis <= now) {
      Due due = dues.pollFirst();
      byTenant.remove(due.tenant);
      fire(due.tenant);
    }
    arm();
  }

  private void fire(String tenant) {
    Long fence = fences.get(Slots.of(tenant));
    if (fence == null || stopped || !firing.add(tenant)) {
      return; // whoever fires looks again at its end
    }
    store
        .fire(tenant, fence, otherNodes.getAsBoolean())
        .onComplete(
            fired -> {
              firing.remove(tenant);
              if (fired.count() > 0) {
                appended.accept(tenant, fired.head());
              }
              set(tenant, fired.nextMillis());
            },
            e -> {
              firing.remove(tenant);
              if (ProblemException.of(e) != Problem.OWNER_MOVED) {
                var unused = timers.after(AGAIN, () -> fire(tenant));
              }
            });
  }

  public void stop() {
    stopped = true;
    timer.cancel();
  }
}
