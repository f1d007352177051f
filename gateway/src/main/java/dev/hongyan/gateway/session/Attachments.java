package dev.hongyan.gateway.session;

import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.Outcome;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.cursor.StartAt;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How subscriptions come and go on one event loop: finding where one begins, keeping durable names
 * ours and their floors saved, and letting go of a tenant when its last subscription has left. For
 * its event loop only.
 */
final class Attachments {
  private final Hub hub;
  private final Hub.Services services;
  private final CursorSaver saver;
  private final TenantBatches<CursorStore.Attach, CursorStore.Attached> attaching;
  private final SharedMembers shared;
  private final Terminations terminations;
  private final Map<String, TenantHub> tenants = new HashMap<>();
  private final Map<String, Level> depths = new HashMap<>();
  private final Tally acks;
  private final Level level;
  private final ReplacedNames.Listener heard;
  private boolean flushSoon;

  Attachments(Hub hub, Hub.Services services) {
    this.hub = hub;
    this.services = services;
    acks = services.metrics().tally(Series.ACKS);
    level = services.metrics().level(Series.SUBSCRIPTIONS);
    saver =
        new CursorSaver(
            services.cursors(),
            services.clock(),
            services.timers(),
            services.endOfTick(),
            (tenant, lost) -> replaced(tenant, lost.name(), lost.generation() + 1));
    attaching =
        new TenantBatches<>(
            services.endOfTick(), (tenant, names) -> services.cursors().attach(tenant, names));
    shared = new SharedMembers(services, this::refused);
    terminations = new Terminations(services.log(), services.dead(), services.metrics());
    heard =
        (tenant, name, generation) ->
            services.loop().execute(() -> replaced(tenant, name, generation));
    services.replaced().join(heard);
  }

  /** Attaches a subscription to its place in the log and begins to deliver. */
  void add(Subscription sub, StartAt at, boolean seek) {
    Session session = sub.session();
    Subscription before = session.subs().put(sub.name(), sub);
    if (before == null) {
      level.add(1);
    } else {
      leave(before, false);
    }
    if (sub instanceof SharedSubscription part) {
      shared.add(part, at, seek);
    } else if (sub instanceof Walker walker) {
      add(walker, at, seek);
    }
  }

  private void add(Walker sub, StartAt at, boolean seek) {
    Session session = sub.session();
    TenantHub tenant = tenants.computeIfAbsent(session.tenant(), t -> new TenantHub(t, hub));
    tenant.starting(1);
    tenant
        .ready()
        .compose(tail -> start(tenant, sub, at, seek))
        .onComplete(
            resume -> {
              tenant.starting(-1);
              started(tenant, sub, resume);
            },
            e -> {
              tenant.starting(-1);
              notStarted(tenant, sub, e);
            });
  }

  private Future<Resume> start(TenantHub tenant, Walker sub, StartAt at, boolean seek) {
    if (sub.mode() == Mode.LIVE) {
      return tenant.startOf(at);
    }
    return attaching
        .ask(tenant.tenant(), new CursorStore.Attach(sub.name(), sub.mode().word(), at, seek))
        .compose(
            attached -> {
              sub.generation(attached.generation());
              services.replaced().tell(tenant.tenant(), sub.name(), attached.generation());
              return advance(tenant, sub, attached.resume());
            });
  }

  /** Saves what the client had done when it came, before the first message leaves. */
  private Future<Resume> advance(TenantHub tenant, Walker sub, Resume stored) {
    Resume advanced = sub.advanced(stored);
    if (advanced == stored) {
      return Future.succeededFuture(stored);
    }
    Cursor from = stored.start();
    return tenant
        .taken(sub, from, advanced.start().seq())
        .compose(
            messages -> {
              sub.deliveredBefore(messages);
              return services
                  .cursors()
                  .save(
                      tenant.tenant(),
                      List.of(
                          new CursorStore.Save(
                              sub.name(),
                              sub.generation(),
                              advanced.start(),
                              new Outcome(from.seq(), messages, 0, 0, 0))));
            })
        .map(
            ours -> {
              if (!ours[0]) {
                throw Problem.REPLACED.because("a newer connection has " + sub.name());
              }
              return advanced;
            });
  }

  private void started(TenantHub tenant, Walker sub, Resume resume) {
    Session session = sub.session();
    if (session.subs().get(sub.name()) != sub || session.state() == Session.State.CLOSED) {
      retire(tenant);
      return;
    }
    sub.startBehind(resume.start());
    session.say(Lines.subscribed(sub.name(), resume));
    tenant.add(sub);
    tenant.pump(sub);
  }

  private void notStarted(TenantHub tenant, Walker sub, Throwable e) {
    if (tenant.ready().failed()) {
      tenants.remove(tenant.tenant(), tenant); // the next subscription asks anew
    } else {
      retire(tenant);
    }
    refused(sub, ProblemException.of(e), String.valueOf(e.getMessage()));
  }

  private void refused(Subscription sub, Problem problem, String why) {
    Session session = sub.session();
    if (session.subs().remove(sub.name(), sub)) {
      level.add(-1);
    }
    if (session.direct() != null) {
      session.close(
          switch (problem) {
            case CONFLICT, RATE_LIMITED, REPLACED -> problem;
            default -> Problem.STORE_UNAVAILABLE;
          },
          why);
      return;
    }
    switch (problem) {
      case CONFLICT -> session.refuse(ClientError.ofSub(Code.BAD_FIELD, why, sub.name()));
      case RATE_LIMITED -> session.refuse(ClientError.ofSub(Code.RATE_LIMITED, why, sub.name()));
      default -> unavailable(sub);
    }
  }

  private static void unavailable(Subscription sub) {
    sub.session()
        .refuse(
            new ClientError(
                Code.STORE_UNAVAILABLE, "the store cannot be reached", sub.name(), null, 1000L));
  }

  /** The parts in shared subscriptions. */
  SharedMembers shared() {
    return shared;
  }

  /** The client wants no more of it; {@code forget} also deletes a name that is kept here. */
  void remove(Subscription sub, boolean forget) {
    sub.session().subs().remove(sub.name());
    leave(sub, forget);
    level.add(-1);
    if (forget && sub instanceof Walker walker && sub.mode() == Mode.DURABLE) {
      var unused =
          services.cursors().forget(sub.session().tenant(), sub.name(), walker.generation());
    }
  }

  /** Its session is over. */
  void drop(Subscription sub) {
    leave(sub, false);
    level.add(-1);
  }

  private void leave(Subscription sub, boolean forget) {
    if (sub instanceof SharedSubscription part) {
      shared.remove(part, forget);
      return;
    }
    TenantHub tenant = tenants.get(sub.session().tenant());
    if (tenant != null && sub instanceof Walker walker) {
      if (walker.isLive()) {
        walker.floorFollows(tenant.head());
      }
      save(walker);
      saveSoon(); // the next connection of this name may be on its way already
      tenant.remove(walker);
      retire(tenant);
    }
  }

  private void retire(TenantHub tenant) {
    if (tenant.isEmpty() && tenant.starting() == 0 && tenants.remove(tenant.tenant(), tenant)) {
      tenant.close();
      Level depth = depths.remove(tenant.tenant());
      if (depth != null) {
        depth.close();
      }
    }
  }

  /** There may be room for more: the socket drained. */
  void pump(Subscription sub) {
    if (sub instanceof SharedSubscription part) {
      part.release();
    } else if (sub instanceof Walker walker) {
      TenantHub tenant = tenants.get(sub.session().tenant());
      if (tenant != null) {
        tenant.pump(walker);
      }
    }
  }

  /** Everything up to here was looked at for a subscription. */
  Cursor seen(Walker sub) {
    TenantHub tenant = tenants.get(sub.session().tenant());
    return tenant == null ? new Cursor(sub.epoch(), sub.next() - 1) : tenant.seen(sub);
  }

  /** Log entries that a subscription has not looked at yet. */
  long behind(Subscription sub) {
    if (sub instanceof SharedSubscription part) {
      return part.behind();
    }
    TenantHub tenant =
        sub.session().tenantOrNull() == null ? null : tenants.get(sub.session().tenant());
    return tenant != null && sub instanceof Walker walker ? tenant.behind(walker) : 0;
  }

  /** The client has done everything up to {@code seq}. */
  void acked(Walker sub, long seq) {
    done(sub, sub.acked(seq));
  }

  private void done(Walker sub, int messages) {
    if (messages > 0) {
      acks.add(messages);
      save(sub);
      if (!sub.isLive()) {
        pump(sub);
      }
    }
  }

  /** The client gives these up: to the dead letters, and done. */
  void term(Walker sub, List<Long> seqs, String why) {
    terminations.term(
        sub.session().tenant(),
        sub,
        seqs,
        why,
        new Terminations.Listener() {
          @Override
          public void terminated(long seq) {
            done(sub, sub.terminated(seq));
          }

          @Override
          public void failed(long seq) {
            sub.notTerminated(seq);
            unavailable(sub);
          }
        });
  }

  private void save(Walker sub) {
    if (sub.mode() == Mode.DURABLE && sub.takeUnsaved()) {
      saver.save(
          sub.session().tenant(),
          new CursorStore.Save(sub.name(), sub.generation(), sub.floorCursor(), sub.outcome()));
    }
  }

  private void saveSoon() {
    if (!flushSoon) {
      flushSoon = true;
      services
          .endOfTick()
          .execute(
              () -> {
                flushSoon = false;
                var unused = saver.flush();
              });
    }
  }

  /**
   * A durable name has a newer owner somewhere: who held it before is closed. While this node
   * drains, that is most often the very client that was told to move; it is left to end this
   * connection itself.
   */
  private void replaced(String tenant, String name, long generation) {
    TenantHub at = tenants.get(tenant);
    if (at != null) {
      for (Walker sub : at.named(name)) {
        if (sub.generation() >= generation) {
          continue;
        }
        if (hub.isDraining()) {
          at.remove(sub);
          retire(at);
        } else {
          sub.session().close(Problem.REPLACED, "a newer connection has " + name);
        }
      }
    }
  }

  void everySecond() {
    for (TenantHub tenant : tenants.values()) {
      long deepest = tenant.deepest();
      Level depth = depths.get(tenant.tenant());
      if (depth == null && deepest > 0) {
        depth = services.metrics().level(Series.QUEUE_DEPTH, tenant.tenant());
        depths.put(tenant.tenant(), depth);
      }
      if (depth != null) {
        depth.set(deepest);
      }
    }
  }

  /**
   * Durable names with nothing under way stand at the head, whether or not anything matched, so
   * retention leaves them be.
   */
  void everyTenSeconds() {
    for (TenantHub tenant : tenants.values()) {
      for (Walker sub : tenant.walkers()) {
        if (sub.isLive()) {
          sub.floorFollows(tenant.head());
          save(sub);
        }
      }
    }
  }

  Future<Void> close() {
    services.replaced().leave(heard);
    shared.close();
    level.close();
    depths.values().forEach(Level::close);
    return saver.flush();
  }
}
