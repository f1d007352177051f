package dev.hongyan.router.consume;

import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.tail.Tail;
import dev.hongyan.router.tail.TailFeed;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The consumers of one tenant whose slot is ours, and the live end of its log. */
final class TenantConsumers implements TailFeed.Watcher {
  private static final Comparator<Consumer> BY_PRIORITY =
      Comparator.comparingInt((Consumer c) -> c.plan().priority()).reversed();

  private final String name;
  private final int slot;
  private final long fence;
  private final Consumers owner;
  private final Consumers.Services services;
  private final Map<String, Consumer> consumers = new HashMap<>();
  private Set<Consumer> due = new LinkedHashSet<>();
  private @Nullable Tail tail;
  private Future<?> saving = Future.succeededFuture();
  private boolean watching;
  private final Level depth;
  private final Level pending;
  private boolean ended;
  private boolean puttingBack;
  private boolean mayHavePutBacks = true;
  private long checkedNamesUpTo;

  TenantConsumers(String name, int slot, long fence, Consumers owner, Consumers.Services services) {
    this.name = name;
    this.slot = slot;
    this.fence = fence;
    this.owner = owner;
    this.services = services;
    this.depth = services.level(Series.QUEUE_DEPTH, name);
    this.pending = services.level(Series.LEDGER_PENDING, name);
  }

  String name() {
    return name;
  }

  int slot() {
    return slot;
  }

  long fence() {
    return fence;
  }

  @Nullable Tail tail() {
    return tail;
  }

  /** How far the check of durable names has come, as {@link CursorStore#some} has it. */
  long checkedNamesUpTo() {
    return checkedNamesUpTo;
  }

  void checkedNamesUpTo(long next) {
    checkedNamesUpTo = next;
  }

  Collection<Consumer> consumers() {
    return consumers.values();
  }

  boolean isEmpty() {
    return consumers.isEmpty();
  }

  // ---- what there is ----

  /** These from now on; who is not among them ends, its place in the log stays. */
  void plan(Collection<Plan> plans) {
    Map<String, Plan> wanted = new HashMap<>();
    plans.forEach(p -> wanted.put(p.name(), p));
    for (Consumer c : List.copyOf(consumers.values())) {
      if (!wanted.containsKey(c.name())) {
        drop(c);
      }
    }
    for (Plan p : wanted.values()) {
      Consumer known = consumers.get(p.name());
      if (known == null) {
        Consumer made = new Consumer(p, this, services);
        consumers.put(p.name(), made);
        made.open();
      } else {
        known.plan(p);
      }
    }
    watch();
  }

  private void watch() {
    if (!watching && !consumers.isEmpty() && !ended) {
      watching = true;
      services
          .feed()
          .watch(name, this)
          .onComplete(
              t -> {
                tail = t;
                consumers.values().forEach(this::turn);
              },
              e -> {
                watching = false;
                var unused = services.timers().after(Consumers.SAVE_EVERY, this::watch);
              });
    }
  }

  private void drop(Consumer c) {
    saveNow(c);
    consumers.remove(c.name(), c);
    due.remove(c);
    c.end();
  }

  private void saveNow(Consumer c) {
    ConsumerQueue q = c.queue();
    if (q != null && q.isChanged()) {
      var last =
          services
              .store()
              .save(name, fence, List.of(new ConsumerStore.Saving(c.name(), q.takeSave())));
    }
  }

  /** A consumer has its place: what was put back for it can be given to it. */
  void opened(Consumer c) {
    if (mayHavePutBacks) {
      lookForPutBacks();
    }
  }

  /** There may be messages that were put back. */
  void lookForPutBacks() {
    mayHavePutBacks = true;
    if (puttingBack || ended) {
      return;
    }
    puttingBack = true;
    services
        .store()
        .putBacks(name)
        .onComplete(
            all -> {
              puttingBack = false;
              mayHavePutBacks = false;
              for (ConsumerStore.PutBack b : all) {
                Consumer c = consumers.get(b.consumer());
                if (c != null && c.queue() != null) {
                  c.inject(b);
                } else {
                  mayHavePutBacks = true;
                }
              }
            },
            e -> {
              puttingBack = false;
              var unused = services.timers().after(Consumers.SAVE_EVERY, this::lookForPutBacks);
            });
  }

  /** A replay is through. */
  void replayed(Consumer c, Counts counts) {
    owner.replayed(this, c, counts);
  }

  void ownerMoved() {
    owner.moved(this);
  }

  // ---- turns ----

  void turn(Consumer c) {
    if (!ended) {
      due.add(c);
      owner.turn(this);
    }
  }

  /** Works until about {@code allowance} is spent; gives what it spent. */
  int work(int allowance) {
    List<Consumer> round = new ArrayList<>(due);
    due = new LinkedHashSet<>();
    if (round.size() > 1) {
      round.sort(BY_PRIORITY);
    }
    int spent = 0;
    int i = 0;
    for (; i < round.size() && spent < allowance; i++) {
      Consumer c = round.get(i);
      spent += c.turn(allowance - spent);
      if (c.hasMore()) {
        due.add(c);
      }
    }
    for (; i < round.size(); i++) {
      due.add(round.get(i));
    }
    return spent;
  }

  boolean hasMore() {
    return !due.isEmpty() && !ended;
  }

  @Override
  public void advanced(Tail t, List<LogEntry> entries) {
    for (Consumer c : consumers.values()) {
      due.add(c);
    }
    owner.turn(this);
  }

  @Override
  public void moved(Tail t, long headBefore) {
    services
        .log()
        .head(name)
        .onComplete(
            log ->
                consumers
                    .values()
                    .forEach(
                        c -> {
                          c.restart(log);
                          turn(c);
                        }),
            e -> {
              if (!ended) {
                var unused =
                    services.timers().after(Consumers.SAVE_EVERY, () -> moved(t, headBefore));
              }
            });
  }

  // ---- saving ----

  void unsaved() {
    if (!ended) {
      owner.unsaved(this);
    }
  }

  /** Saves what there is to save, one round at a time. */
  Future<?> save() {
    if (!saving.isComplete()) {
      return saving.transform(before -> save().mapEmpty());
    }
    List<Consumer> from = new ArrayList<>();
    List<ConsumerStore.Saving> all = new ArrayList<>();
    for (Consumer c : consumers.values()) {
      ConsumerQueue q = c.queue();
      if (q != null && q.isChanged()) {
        c.check(q);
        from.add(c);
        all.add(new ConsumerStore.Saving(c.name(), q.takeSave()));
      }
    }
    if (all.isEmpty()) {
      return Future.succeededFuture();
    }
    saving =
        services
            .store()
            .save(name, fence, all)
            .transform(
                done -> {
                  for (int i = 0; i < all.size(); i++) {
                    ended(from.get(i), all.get(i), done.succeeded() ? done.result()[i] : null);
                  }
                  return Future.succeededFuture();
                });
    return saving;
  }

  private void ended(Consumer c, ConsumerStore.Saving saving, @Nullable Boolean ours) {
    ConsumerQueue q = c.queue();
    if (q == null) {
      return;
    }
    if (ours == null) {
      q.notSaved(saving.save());
      unsaved();
    } else if (ours) {
      q.saved(saving.save());
      services.settled(c.reported(saving.save().counts()), saving.save().counts());
      if (c.plan().replay() != null) {
        turn(c); // it may be at its end
      }
    } else { // forgotten, or a newer owner has it
      c.end();
      if (consumers.remove(c.name(), c)) {
        owner.lookAgain(name);
      }
    }
  }

  /** Says how far its consumers are behind. */
  void measure() {
    long most = 0;
    long sum = 0;
    for (Consumer c : consumers.values()) {
      long behind = c.behind();
      most = Math.max(most, behind);
      sum += behind;
    }
    depth.set(most);
    pending.set(sum);
  }

  /** It is not ours any more, or has no consumers. */
  void end() {
    ended = true;
    services.feed().unwatch(name, this);
    depth.close();
    pending.close();
    consumers.values().forEach(Consumer::end);
    consumers.clear();
    due.clear();
  }
}
