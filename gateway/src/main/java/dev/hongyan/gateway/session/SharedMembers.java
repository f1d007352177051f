package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.shared.MemberId;
import dev.hongyan.router.shared.Posts;
import dev.hongyan.router.shared.ToHub;
import dev.hongyan.router.shared.ToOwner;
import dev.hongyan.router.slot.Slots;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * This hub's side of the conversation with the owners of shared subscriptions: connections that
 * take part, what they say of messages, what they get. For its event loop only.
 */
final class SharedMembers implements ToHub.Hub {
  /** Another process may be handing the slot over; its lease lasts 5 s at most. */
  private static final Duration OWNER_WITHIN = Duration.ofSeconds(10);

  private static final Duration ASK_EVERY = Duration.ofMillis(100);

  private final Hub.Services services;
  private final Refusal refusal;
  private final Posts<Integer, ToOwner> posts;
  private final Map<MemberId, SharedSubscription> members = new HashMap<>();
  private final Map<MemberId, Asking> asking = new LinkedHashMap<>();
  private final MessageConsumer<Object> consumer;
  private Timers.@Nullable Cancellable asks;
  private long numbers;

  private record Asking(ToOwner.Attach attach, long untilNanos) {}

  /** Told of a subscription that could not begin. */
  interface Refusal {
    void refused(SharedSubscription sub, Problem problem, String why);
  }

  SharedMembers(Hub.Services services, Refusal refusal) {
    this.services = services;
    this.refusal = refusal;
    posts =
        new Posts<>(
            services.endOfTick(),
            (slot, items) ->
                services.bus().tell(ToOwner.ADDRESS.at(slot), new ToOwner.Batch(items)));
    consumer =
        services
            .bus()
            .on(
                ToHub.ADDRESS.at(services.hubId()),
                batch -> {
                  for (ToHub item : batch.items()) {
                    item.to(this);
                  }
                });
  }

  MemberId newId() {
    return new MemberId(services.hubId(), ++numbers);
  }

  // ---- to the owner ----

  void add(SharedSubscription sub, StartAt at, boolean seek) {
    ToOwner.Attach attach =
        new ToOwner.Attach(
            sub.id(),
            sub.session().tenant(),
            sub.name(),
            sub.patterns(),
            at,
            seek,
            sub.windowMessages(),
            sub.windowBytes(),
            sub.ackTimeoutMillis());
    members.put(sub.id(), sub);
    asking.put(sub.id(), new Asking(attach, services.clock().nanos() + OWNER_WITHIN.toNanos()));
    tell(sub, attach);
    if (asks == null) {
      asks = services.timers().every(ASK_EVERY, this::askAgain);
    }
  }

  /** Who has no answer yet asks again: nobody listens at a slot that is not owned here. */
  private void askAgain() {
    long now = services.clock().nanos();
    for (Asking a : List.copyOf(asking.values())) {
      SharedSubscription sub = members.get(a.attach.member());
      if (sub == null) {
        asking.remove(a.attach.member());
      } else if (a.untilNanos - now > 0) {
        tell(sub, a.attach);
      } else {
        remove(sub, false);
        refusal.refused(sub, Problem.STORE_UNAVAILABLE, "nobody owns this tenant just now");
      }
    }
    if (asking.isEmpty() && asks != null) {
      asks.cancel();
      asks = null;
    }
  }

  void remove(SharedSubscription sub, boolean forget) {
    asking.remove(sub.id());
    if (members.remove(sub.id(), sub)) {
      tell(sub, new ToOwner.Detach(sub.id(), sub.unsent(), forget));
    }
  }

  /** What the client said of messages that it has. */
  void settle(
      SharedSubscription sub, ToOwner.Fate fate, List<Long> seqs, int millis, String reason) {
    if (fate != ToOwner.Fate.EXTEND) {
      seqs.forEach(sub::over);
    }
    tell(sub, new ToOwner.Settle(sub.id(), fate, sub.epoch(), seqs, millis, reason));
  }

  private void tell(SharedSubscription sub, ToOwner what) {
    posts.post(Slots.of(sub.session().tenant()), what);
  }

  void close() {
    posts.flush();
    if (asks != null) {
      asks.cancel();
    }
    var unused = consumer.unregister();
  }

  // ---- from the owner ----

  @Override
  public void attached(ToHub.Attached a) {
    SharedSubscription sub = members.get(a.member());
    if (sub == null) {
      return; // it has left meanwhile and said so
    }
    if (asking.remove(a.member()) != null) {
      sub.startBehind(a.resume().start());
      sub.session().say(Lines.subscribed(sub.name(), a.resume()));
    } else {
      sub.startBehind(a.resume().start()); // another member sent all of them to another place
    }
  }

  @Override
  public void refused(ToHub.Refused r) {
    SharedSubscription sub = members.get(r.member());
    if (sub != null && r.problem() != Problem.OWNER_MOVED) { // else the new owner is asked
      asking.remove(r.member());
      members.remove(r.member());
      refusal.refused(sub, r.problem(), r.why());
    }
  }

  @Override
  public void deliver(ToHub.Deliver d) {
    SharedSubscription sub = members.get(d.member());
    if (sub != null) {
      sub.deliver(d.entry(), d.attempt());
    }
  }

  @Override
  public void withdrawn(ToHub.Withdrawn w) {
    SharedSubscription sub = members.get(w.member());
    if (sub != null) {
      sub.over(w.seq());
    }
  }

  @Override
  public void gap(ToHub.Gap g) {
    SharedSubscription sub = members.get(g.member());
    if (sub != null) {
      sub.session().announce(sub, g.gap());
      if (!sub.epoch().equals(g.gap().to().epoch())) {
        sub.startBehind(g.gap().to());
      }
    }
  }

  @Override
  public void behind(ToHub.Behind b) {
    SharedSubscription sub = members.get(b.member());
    if (sub != null) {
      sub.behind(b.entries());
    }
  }

  @Override
  public void ended(ToHub.Ended e) {
    SharedSubscription sub = members.remove(e.member());
    if (sub != null) {
      asking.remove(e.member());
      sub.session().close(e.problem(), e.problem().title());
    }
  }
}
