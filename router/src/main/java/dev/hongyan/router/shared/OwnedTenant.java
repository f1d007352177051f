package dev.hongyan.router.shared;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.tail.Tail;
import dev.hongyan.router.tail.TailFeed;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shared names of one tenant that have connections, and the live end of its log. */
final class OwnedTenant implements TailFeed.Watcher {
  private final String name;
  private final int slot;
  private final long fence;
  private final SharedOwner owner;
  private final SharedOwner.Services services;
  private final Map<String, OwnedQueue> queues = new HashMap<>();
  private final Future<Tail> ready;
  private @Nullable Tail tail;
  private Future<Void> saving = Future.succeededFuture();
  private boolean frozen;
  private boolean ended;

  OwnedTenant(
      String name,
      int slot,
      long fence,
      SharedOwner owner,
      SharedOwner.Services services,
      boolean frozen) {
    this.frozen = frozen;
    this.name = name;
    this.slot = slot;
    this.fence = fence;
    this.owner = owner;
    this.services = services;
    this.ready = services.feed().watch(name, this).onSuccess(t -> tail = t);
  }

  String name() {
    return name;
  }

  int slot() {
    return slot;
  }

  /** The fence under which this was begun. */
  long fence() {
    return fence;
  }

  Future<Tail> ready() {
    return ready;
  }

  @Nullable Tail tail() {
    return tail;
  }

  boolean isEmpty() {
    return queues.isEmpty();
  }

  // ---- members ----

  /** The queue of a name; a new one is loaded when its first member comes. */
  OwnedQueue queue(String of) {
    return queues.computeIfAbsent(of, n -> new OwnedQueue(n, this, services));
  }

  /** A member is of no queue any more. */
  void gone(MemberId member) {
    owner.gone(member);
  }

  void drop(OwnedQueue queue) {
    if (queues.remove(queue.name(), queue)) {
      owner.retire(this);
    }
  }

  // ---- turns ----

  /** While frozen nothing is handed out; acks still count. */
  void freeze(boolean now) {
    if (frozen != now) {
      frozen = now;
      queues.values().forEach(owner::turn);
    }
  }

  boolean isFrozen() {
    return frozen;
  }

  void turn(OwnedQueue queue) {
    owner.turn(queue);
  }

  @Override
  public void advanced(Tail t, List<LogEntry> entries) {
    for (OwnedQueue q : queues.values()) {
      owner.turn(q);
    }
  }

  @Override
  public void moved(Tail t, long headBefore) {
    owner
        .logHead(name)
        .onComplete(
            log -> {
              for (OwnedQueue q : queues.values()) {
                q.restart(log);
                owner.turn(q);
              }
            },
            e -> {
              if (!ended) {
                var unused =
                    services.timers().after(SharedOwner.SAVE_EVERY, () -> moved(t, headBefore));
              }
            });
  }

  void lookForPutBacks() {
    queues.values().forEach(OwnedQueue::lookForPutBacks);
  }

  void everySecond() {
    queues.values().forEach(OwnedQueue::tellBehind);
  }

  void everyTenSeconds() {
    queues.values().forEach(OwnedQueue::saveNow);
  }

  // ---- saving ----

  void unsaved() {
    if (!ended) {
      owner.unsaved(this);
    }
  }

  /**
   * Saves what there is to save, one round at a time; the Future ends when the store has it, or did
   * not take it. Names that nobody uses any more are let go of.
   */
  Future<Void> save() {
    if (!saving.isComplete()) {
      return saving.compose(before -> save());
    }
    List<OwnedQueue> from = new ArrayList<>();
    List<CursorStore.SharedSave> saves = new ArrayList<>();
    List<Future<?>> all = new ArrayList<>();
    for (OwnedQueue q : List.copyOf(queues.values())) {
      CursorStore.SharedSave s = q.takeSave();
      if (s != null) {
        from.add(q);
        saves.add(s);
      } else if (q.toForget() > 0) {
        all.add(services.cursors().forget(name, q.name(), q.toForget()));
        q.end(null);
        drop(q);
      } else if (q.isIdle()) {
        q.end(null);
        drop(q);
      }
    }
    if (!saves.isEmpty()) {
      all.add(
          services
              .cursors()
              .saveShared(name, fence, saves)
              .onComplete(ours -> saved(from, ours), e -> from.forEach(OwnedQueue::notSaved)));
    }
    saving = Future.join(all).<Void>mapEmpty().recover(e -> Future.succeededFuture());
    return saving;
  }

  private void saved(List<OwnedQueue> from, boolean[] ours) {
    for (int i = 0; i < ours.length; i++) {
      OwnedQueue q = from.get(i);
      if (!ours[i]) { // a newer owner has it
        q.end(Problem.OWNER_MOVED);
        drop(q);
      } else if (q.isIdle()) {
        q.end(null);
        drop(q);
      }
    }
  }

  // ---- end ----

  /** This tenant is not ours any more, or nobody uses it. */
  void end(@Nullable Problem why) {
    ended = true;
    services.feed().unwatch(name, this);
    queues.values().forEach(q -> q.end(why));
    queues.clear();
  }
}
