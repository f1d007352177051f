package dev.hongyan.gateway.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.tenant.access.Caller;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All sessions of one event loop. Brings together the tail, the log, the cursors and the sockets;
 * what a session or a subscription does is decided in those classes. For its event loop only.
 */
public final class Hub {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Services services;
  private final SessionLimits limits;
  private final Frames frames = new Frames(ByteBufAllocator.DEFAULT);
  private final SessionWheel wheel = new SessionWheel();
  private final CursorSaver saver;
  private final Map<String, TenantHub> tenants = new HashMap<>();
  private final Map<String, Level> depths = new HashMap<>();
  private final Set<Session> sessions = new HashSet<>();
  private List<Session> dirty = new ArrayList<>();
  private boolean flushing;
  private boolean draining;
  private int ticks;

  private final Tally deliveredLive;
  private final Tally deliveredDurable;
  private final Tally deliveredShared;
  private final Tally framesIn;
  private final Tally framesOut;
  private final Tally acks;
  private final Level sessionLevel;
  private final Level subscriptionLevel;
  private final Timers.Cancellable turning;
  private final ReplacedNames.Listener heard;

  /**
   * What a hub works with.
   *
   * @param node this node's name, for {@code welcome}
   * @param endOfTick runs a task after what this tick has still to do
   * @param loop runs a task on the hub's event loop, from any thread
   * @param tokens checks a client's JWT; throws {@link ProblemException}
   * @param served whether a tenant exists and is not suspended
   * @param publisher puts what a client publishes into the log
   * @param replaced tells all hubs of this process that a name has a new generation
   */
  public record Services(
      String node,
      Clock clock,
      Timers timers,
      Executor endOfTick,
      Executor loop,
      TailFeed feed,
      LogStore log,
      LogPages pages,
      CursorStore cursors,
      Greeter greeter,
      Publisher publisher,
      Function<String, Caller.Client> tokens,
      Function<String, Boolean> served,
      ReplacedNames replaced,
      Metrics metrics) {}

  /** Counts the connections of a client id; the number is the session's generation. */
  public interface Greeter {
    Future<Long> greet(String tenant, String client);
  }

  public Hub(Services services, SessionLimits limits) {
    this.services = services;
    this.limits = limits;
    Metrics m = services.metrics();
    deliveredLive = m.tally(Series.DELIVERED, "live");
    deliveredDurable = m.tally(Series.DELIVERED, "durable");
    deliveredShared = m.tally(Series.DELIVERED, "shared");
    framesIn = m.tally(Series.FRAMES, "in");
    framesOut = m.tally(Series.FRAMES, "out");
    acks = m.tally(Series.ACKS);
    sessionLevel = m.level(Series.SESSIONS);
    subscriptionLevel = m.level(Series.SUBSCRIPTIONS);
    saver =
        new CursorSaver(
            services.cursors(),
            services.timers(),
            (tenant, lost) -> replaced(tenant, lost.name(), lost.generation() + 1));
    heard =
        (tenant, name, generation) ->
            services.loop().execute(() -> replaced(tenant, name, generation));
    services.replaced().join(heard);
    turning = services.timers().every(Duration.ofMillis(SessionWheel.TICK_MILLIS), this::turn);
  }

  // ---- what sessions and subscriptions use ----

  SessionLimits limits() {
    return limits;
  }

  Clock clock() {
    return services.clock();
  }

  SessionWheel wheel() {
    return wheel;
  }

  Frames frames() {
    return frames;
  }

  TailFeed feed() {
    return services.feed();
  }

  LogStore log() {
    return services.log();
  }

  LogPages pages() {
    return services.pages();
  }

  String node() {
    return services.node();
  }

  Function<String, Caller.Client> tokens() {
    return services.tokens();
  }

  boolean isServed(String tenant) {
    return services.served().apply(tenant);
  }

  void later(Runnable task) {
    services.endOfTick().execute(task);
  }

  void afterPause(Runnable task) {
    var unused = services.timers().after(PAUSE, task);
  }

  void delivered(Mode mode, int messages) {
    (switch (mode) {
          case LIVE -> deliveredLive;
          case DURABLE -> deliveredDurable;
          case SHARED -> deliveredShared;
        })
        .add(messages);
  }

  void frameIn() {
    framesIn.add();
  }

  void frameOut() {
    framesOut.add();
  }

  // ---- sessions ----

  /** Whether another session may come in. */
  boolean hasRoom() {
    return !draining && sessions.size() < limits.sessions();
  }

  boolean isDraining() {
    return draining;
  }

  void opened(Session session) {
    sessions.add(session);
    sessionLevel.set(sessions.size());
  }

  Future<Long> greet(Session session) {
    return services.greeter().greet(session.tenant(), session.client());
  }

  /** Puts the session among those whose frames leave at the end of this tick. */
  void flushLater(Session session) {
    dirty.add(session);
    if (!flushing) {
      flushing = true;
      later(this::flushAll);
    }
  }

  private void flushAll() {
    flushing = false;
    List<Session> round = dirty;
    dirty = new ArrayList<>(Math.min(round.size(), 1024));
    for (int i = 0; i < round.size(); i++) {
      round.get(i).flush();
    }
    frames.endTick();
  }

  void closed(Session session, int code) {
    if (sessions.remove(session)) {
      wheel.remove(session);
      for (Subscription sub : List.copyOf(session.subscriptions())) {
        drop(sub);
      }
      sessionLevel.set(sessions.size());
      services.metrics().count(Series.SESSIONS_CLOSED, Integer.toString(code));
    }
  }

  // ---- subscriptions ----

  /** Attaches a subscription to its place in the log and begins to deliver. */
  void subscribe(Subscription sub, StartAt at, boolean seek) {
    Session session = sub.session();
    Subscription before = session.subs().put(sub.name(), sub);
    if (before != null) {
      leave(before);
    }
    subscriptionLevel.add(before == null ? 1 : 0);
    TenantHub hub = tenants.computeIfAbsent(session.tenant(), t -> new TenantHub(t, this));
    hub.starting(1);
    hub.ready()
        .compose(tail -> start(hub, sub, at, seek))
        .onComplete(
            resume -> {
              hub.starting(-1);
              started(hub, sub, resume);
            },
            e -> {
              hub.starting(-1);
              notStarted(hub, sub, e);
            });
  }

  private Future<Resume> start(TenantHub hub, Subscription sub, StartAt at, boolean seek) {
    if (sub.mode() == Mode.LIVE) {
      return hub.startOf(at);
    }
    return services
        .cursors()
        .attach(hub.tenant(), sub.name(), sub.mode().word(), at, seek)
        .map(
            attached -> {
              sub.generation(attached.generation());
              services.replaced().tell(hub.tenant(), sub.name(), attached.generation());
              return attached.resume();
            });
  }

  private void started(TenantHub hub, Subscription sub, Resume resume) {
    if (sub.session().subs().get(sub.name()) != sub
        || sub.session().state() == Session.State.CLOSED) {
      retire(hub);
      return;
    }
    sub.startBehind(resume.start());
    sub.session().say(Lines.subscribed(sub.name(), resume));
    hub.add(sub);
    hub.pump(sub);
  }

  private void notStarted(TenantHub hub, Subscription sub, Throwable e) {
    Session session = sub.session();
    if (session.subs().remove(sub.name(), sub)) {
      subscriptionLevel.add(-1);
    }
    if (hub.isEmpty() && hub.ready().failed()) {
      tenants.remove(hub.tenant(), hub);
    }
    switch (ProblemException.of(e)) {
      case CONFLICT ->
          session.refuse(
              ClientError.ofSub(Code.BAD_FIELD, String.valueOf(e.getMessage()), sub.name()));
      case RATE_LIMITED ->
          session.refuse(
              ClientError.ofSub(Code.RATE_LIMITED, String.valueOf(e.getMessage()), sub.name()));
      default ->
          session.refuse(
              new ClientError(
                  Code.STORE_UNAVAILABLE, "the store cannot be reached", sub.name(), null, 1000L));
    }
  }

  void unsubscribe(Subscription sub, boolean forget) {
    sub.session().subs().remove(sub.name());
    drop(sub);
    if (forget && sub.mode() != Mode.LIVE) {
      var unused = services.cursors().forget(sub.session().tenant(), sub.name(), sub.generation());
    }
  }

  private void drop(Subscription sub) {
    leave(sub);
    subscriptionLevel.add(-1);
  }

  private void leave(Subscription sub) {
    TenantHub hub = tenants.get(sub.session().tenant());
    if (hub != null) {
      if (sub.isLive()) {
        sub.floorFollows(hub.head());
      }
      saveLater(hub, sub);
      hub.remove(sub);
      retire(hub);
    }
  }

  private void retire(TenantHub hub) {
    if (hub.isEmpty()
        && hub.ready().isComplete()
        && tenants.get(hub.tenant()) == hub
        && hub.starting() == 0) {
      tenants.remove(hub.tenant());
      hub.close();
      Level depth = depths.remove(hub.tenant());
      if (depth != null) {
        depth.close();
      }
    }
  }

  void pump(Session session, Subscription sub) {
    TenantHub hub = tenants.get(session.tenant());
    if (hub != null) {
      hub.pump(sub);
    }
  }

  long behind(Session session, Subscription sub) {
    TenantHub hub = tenants.get(session.tenant());
    return hub == null ? 0 : hub.behind(sub);
  }

  void acked(Session session, Subscription sub, long seq) {
    int n = sub.acked(seq);
    if (n > 0) {
      acks.add(n);
    }
    TenantHub hub = tenants.get(session.tenant());
    if (hub != null) {
      saveLater(hub, sub);
      if (!sub.isLive()) {
        hub.pump(sub);
      }
    }
  }

  void saveLater(TenantHub hub, Subscription sub) {
    if (sub.mode() == Mode.DURABLE && sub.takeUnsaved()) {
      saver.save(
          hub.tenant(), new CursorStore.Save(sub.name(), sub.generation(), sub.floorCursor()));
    }
  }

  /** A durable name has a newer owner somewhere: who held it before is closed. */
  private void replaced(String tenant, String name, long generation) {
    TenantHub hub = tenants.get(tenant);
    if (hub != null) {
      for (Subscription sub : hub.named(name)) {
        if (sub.generation() < generation) {
          sub.session().close(Problem.REPLACED, "a newer connection has " + name);
        }
      }
    }
  }

  // ---- publish ----

  void publish(
      Session session, long serial, String topic, @Nullable String subject, JsonNode data) {
    services
        .publisher()
        .publish(session.tenant(), topic, subject, data, session.client() + ":" + serial, null)
        .onComplete(
            done -> {
              ObjectNode line = Lines.op("published").put("serial", serial);
              line.put("id", Long.toString(done.id()));
              line.put("cursor", done.cursor().toString());
              if (done.duplicate()) {
                line.put("duplicate", true);
              }
              session.say(Lines.bytes(line));
            },
            e -> {
              Code code =
                  switch (ProblemException.of(e)) {
                    case TOO_LARGE -> Code.TOO_LARGE;
                    case OVERLOADED, RATE_LIMITED -> Code.RATE_LIMITED;
                    default -> Code.STORE_UNAVAILABLE;
                  };
              session.refuse(ClientError.ofSerial(code, String.valueOf(e.getMessage()), serial));
            });
  }

  // ---- rhythm, views, end ----

  private void turn() {
    wheel.tick();
    ticks++;
    if (ticks % 4 == 0) { // once a second
      for (TenantHub hub : tenants.values()) {
        long deepest = hub.deepest();
        Level depth = depths.get(hub.tenant());
        if (depth == null && deepest > 0) {
          depth = services.metrics().level(Series.QUEUE_DEPTH, hub.tenant());
          depths.put(hub.tenant(), depth);
        }
        if (depth != null) {
          depth.set(deepest);
        }
      }
    }
    if (ticks % 40 == 0) { // every ten seconds
      tenants.values().forEach(TenantHub::settleFloors);
    }
  }

  /** The sessions of one tenant. */
  public Collection<SessionView> sessionsOf(String tenant) {
    List<SessionView> out = new ArrayList<>();
    for (Session s : sessions) {
      if (tenant.equals(s.tenantOrNull())) {
        List<SessionView.Sub> subs = new ArrayList<>();
        for (Subscription sub : s.subscriptions()) {
          subs.add(
              new SessionView.Sub(
                  sub.name(),
                  sub.mode().word(),
                  sub.lastSentCursor().toString(),
                  behind(s, sub),
                  sub.unacked()));
        }
        out.add(new SessionView(s.id(), s.client(), s.remote(), s.openedAtMillis(), subs));
      }
    }
    return out;
  }

  /** Ends the sessions of a tenant that was removed or suspended. */
  public void endTenant(String tenant) {
    for (Session s : List.copyOf(sessions)) {
      if (tenant.equals(s.tenantOrNull())) {
        s.close(Problem.NO_SUCH_TENANT, "the tenant is gone or suspended");
      }
    }
  }

  /** Closes all sessions for good, saves what they acknowledged, and stops. */
  public Future<Void> close() {
    draining = true;
    for (Session s : List.copyOf(sessions)) {
      s.close(Problem.DRAINING, "the node is leaving");
    }
    services.replaced().leave(heard);
    turning.cancel();
    sessionLevel.close();
    subscriptionLevel.close();
    depths.values().forEach(Level::close);
    return saver.flush();
  }
}
