package dev.hongyan.gateway.session;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.CursorStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final Timers timers;
  private final BiConsumer<String, Lost> lost;
  private Map<String, Map<Key, CursorStore.Save>> moved = new HashMap<>();
  private boolean timer;
  private Future<Void> running = Future.succeededFuture();

  /** A name that a newer generation took over. */
  record Lost(String name, long generation) {}

  private record Key(String name, long generation) {}

  /** {@code lost} is told (tenant, name) when a save finds that the name is no longer ours. */
  CursorSaver(CursorStore store, Timers timers, BiConsumer<String, Lost> lost) {
    this.store = store;
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

  private void arm() {
    if (!timer) {
      timer = true;
      var unused =
          timers.after(
              EVERY,
              () ->
                  // one round at a time: a slow store gets fewer and larger ones
                  running.onComplete(
                      done -> {
                        timer = false;
                        var ignored = flush();
                      }));
    }
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
