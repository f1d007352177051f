package dev.hongyan.gateway.session;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.CursorStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * Saves the floors of durable names, many at once: what moved within {@link #EVERY} goes to the
 * store as one call per tenant. A save that fails is tried again with whatever the floor is then.
 * For one thread.
 */
final class CursorSaver {
  static final Duration EVERY = Duration.ofMillis(100);
  private static final int AT_ONCE = 500;

  private final CursorStore store;
  private final Clock clock;
  private final Timers timers;
  private final Executor endOfTick;
  private final BiConsumer<String, Lost> lost;
  private Map<String, Map<Key, CursorStore.Save>> moved = new HashMap<>();
  private boolean armed;
  private long lastRoundNanos;
  private Future<Void> running = Future.succeededFuture();

  /** A name that a newer generation took over. */
  record Lost(String name, long generation) {}

  private record Key(String name, long generation) {}

  /** {@code lost} is told (tenant, name) when a save finds that the name is no longer ours. */
  CursorSaver(
      CursorStore store,
      Clock clock,
      Timers timers,
      Executor endOfTick,
      BiConsumer<String, Lost> lost) {
    this.store = store;
    this.clock = clock;
    this.endOfTick = endOfTick;
    this.lastRoundNanos = clock.nanos() - EVERY.toNanos();
    this.timers = timers;
    this.lost = lost;
  }

  void save(String tenant, CursorStore.Save floor) {
    moved
        .computeIfAbsent(tenant, t -> new LinkedHashMap<>())
        .put(new Key(floor.name(), floor.generation()), floor);
    arm();
  }

  /** Saves what is unsaved now; the Future ends when the store has it (or could not take it). */
  Future<Void> flush() {
    Map<String, Map<Key, CursorStore.Save>> round = moved;
    moved = new HashMap<>();
    List<Future<Void>> calls = new ArrayList<>();
    round.forEach(
        (tenant, saves) -> {
          List<CursorStore.Save> all = new ArrayList<>(saves.values());
          for (int i = 0; i < all.size(); i += AT_ONCE) {
            calls.add(call(tenant, all.subList(i, Math.min(all.size(), i + AT_ONCE))));
          }
        });
    running = Future.join(calls).<Void>mapEmpty().recover(e -> Future.succeededFuture());
    return running;
  }

  /**
   * At once when the last round is long over, else when its time is up; one round at a time, so a
   * slow store gets fewer.
   */
  private void arm() {
    if (!armed) {
      armed = true;
      long since = clock.nanos() - lastRoundNanos;
      if (since >= EVERY.toNanos()) {
        endOfTick.execute(this::round);
      } else {
        var unused = timers.after(EVERY.minusNanos(since), this::round);
      }
    }
  }

  private void round() {
    running.onComplete(
        done -> {
          armed = false;
          lastRoundNanos = clock.nanos();
          var ignored = flush();
        });
  }

  private Future<Void> call(String tenant, List<CursorStore.Save> saves) {
    return store
        .save(tenant, saves)
        .onSuccess(
            ours -> {
              for (int i = 0; i < ours.length; i++) {
                if (!ours[i]) {
                  lost.accept(tenant, new Lost(saves.get(i).name(), saves.get(i).generation()));
                }
              }
            })
        .onFailure(e -> saves.forEach(s -> again(tenant, s)))
        .mapEmpty();
  }

  private void again(String tenant, CursorStore.Save save) {
    moved
        .computeIfAbsent(tenant, t -> new LinkedHashMap<>())
        .putIfAbsent(new Key(save.name(), save.generation()), save); // a later floor stays
    arm();
  }
}
