package dev.hongyan.gateway.session;

import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.reply.ClientAnswers;
import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.quota.Quotas;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * All sessions of one event loop. Brings together the tail, the log, the cursors and the sockets;
 * what a session or a subscription does is decided in those classes. For its event loop only.
 */
public final class Hub {
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** What clients publish has this priority. */
  private static final int NORMAL = 5;

  private final Services services;
  private final SessionLimits limits;
  private final Frames frames = new Frames(ByteBufAllocator.DEFAULT);
  private final SessionWheel wheel = new SessionWheel();
  private final Attachments attachments;
  private final Set<Session> sessions = new HashSet<>();
  private List<Session> dirty = new ArrayList<>();
  private boolean flushing;
  private boolean inRound;
  private boolean draining;
  private int ticks;

  private final Tally framesIn;
  private final Sent sent;
  private final Level sessionLevel;
  private final Timers.Cancellable turning;

  /**
   * What a hub works with.
   *
   * @param node this node's name, for {@code welcome}
   * @param endOfTick runs a task after what this tick has still to do
   * @param loop runs a task on the hub's event loop, from any thread
   * @param bus where owners of shared subscriptions are, and where they find this hub as {@code
   *     hubId}, which no other hub has
   * @param tokens checks a client's JWT
   * @param served whether a tenant exists and is not suspended
   * @param frozen whether nothing of a tenant is delivered now
   * @param routed what routes lead to a durable name of a tenant, besides its own topics
   * @param publisher puts what a client publishes into the log
   * @param replaced tells all hubs of this process that a name has a new generation
   * @param answers takes what clients answer to users of WeChat
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
      DeadLetterStore dead,
      Bus bus,
      String hubId,
      Greeter greeter,
      Publisher publisher,
      TokenCheck tokens,
      Function<String, Boolean> served,
      Predicate<String> frozen,
      BiFunction<String, String, List<TopicPattern>> routed,
      ReplacedNames replaced,
      ClientAnswers answers,
      Quotas quotas,
      Metrics metrics) {}

  /** Says who holds a JWT; fails with a {@link ProblemException}. */
  public interface TokenCheck {
    /**
     * Complete at once, unless keys of the token's issuer have to be fetched.
     *
     * @param remote the address it came from
     */
    Future<Caller.Client> check(String token, String remote);
  }

  /** Counts the connections of a client id; the number is the session's generation. */
  public interface Greeter {
    Future<Long> greet(String tenant, String client);
  }

  public Hub(Services services, SessionLimits limits) {
    this.services = services;
    this.limits = limits;
    Metrics m = services.metrics();
    framesIn = m.tally(Series.FRAMES, "in");
    sent = new Sent(m);
    sessionLevel = m.level(Series.SESSIONS);
    attachments = new Attachments(this, services);
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

  Future<Caller.Client> check(String token, String remote) {
    return services.tokens().check(token, remote);
  }

  boolean isServed(String tenant) {
    return services.served().apply(tenant);
  }

  boolean isFrozen(String tenant) {
    return services.frozen().test(tenant);
  }

  /** What routes lead to this durable name. */
  List<TopicPattern> routed(String tenant, String name) {
    return services.routed().apply(tenant, name);
  }

  void later(Runnable task) {
    services.endOfTick().execute(task);
  }

  /** From any thread. */
  void onLoop(Runnable task) {
    services.loop().execute(task);
  }

  void afterPause(Runnable task) {
    var unused = services.timers().after(PAUSE, task);
  }

  /** Counts messages of a frame that leaves now. */
  void delivered(String tenant, Mode mode, int messages) {
    sent.messages(tenant, mode, messages);
  }

  void frameIn() {
    framesIn.add();
  }

  void frameOut() {
    sent.frame();
    if (!inRound) {
      sent.settle();
    }
  }

  // ---- sessions ----

  /** Whether another session may come in. */
  boolean hasRoom() {
    return !draining && sessions.size() < limits.sessions();
  }

  boolean isDraining() {
    return draining;
  }

  /** What tenants may use. */
  Quotas quotas() {
    return services.quotas();
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
    inRound = true;
    for (int i = 0; i < round.size(); i++) {
      round.get(i).flush();
    }
    inRound = false;
    sent.settle();
    frames.endTick();
  }

  void closed(Session session, int code) {
    if (sessions.remove(session)) {
      session.admission.end(services.quotas());
      wheel.remove(session);
      for (Subscription sub : List.copyOf(session.subscriptions())) {
        attachments.drop(sub);
      }
      sessionLevel.set(sessions.size());
      services.metrics().count(Series.SESSIONS_CLOSED, Integer.toString(code));
    }
  }

  // ---- subscriptions ----

  Attachments attachments() {
    return attachments;
  }

  // ---- publish ----

  void publish(Session session, long serial, Publisher.Draft draft) {
    services
        .publisher()
        .publish(session.tenant(), draft, session.client() + ":" + serial, null, NORMAL)
        .onComplete(
            done -> session.say(Lines.published(serial, done)),
            e -> {
              Code code =
                  switch (ProblemException.of(e)) {
                    case TOO_LARGE -> Code.TOO_LARGE;
                    case QUOTA_EXCEEDED -> Code.QUOTA_EXCEEDED;
                    case OVERLOADED, RATE_LIMITED -> Code.RATE_LIMITED;
                    default -> Code.STORE_UNAVAILABLE;
                  };
              long wait = e instanceof ProblemException known ? known.retryAfterMillis() : 0;
              ClientError error =
                  ClientError.ofSerial(code, String.valueOf(e.getMessage()), serial);
              session.refuse(wait > 0 ? error.retryAfter(wait) : error);
            });
  }

  ClientAnswers answers() {
    return services.answers();
  }

  // ---- rhythm, views, end ----

  private void turn() {
    wheel.tick();
    ticks++;
    if (ticks % 4 == 0) {
      attachments.everySecond();
    }
    if (ticks % 40 == 0) {
      attachments.everyTenSeconds();
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
                  attachments.behind(sub),
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

  /** Begins or ends to hold back what would be delivered to a tenant's sessions. */
  public void freeze(String tenant, boolean frozen) {
    attachments.freeze(tenant, frozen);
  }

  /** Takes no new sessions and makes those that are here move, for {@code within} at the most. */
  public Future<Void> drain(Duration within) {
    draining = true;
    return new Drain(services.clock(), services.timers(), () -> sessions, within).start();
  }

  /** Closes all sessions for good, saves what they acknowledged, and stops. */
  public Future<Void> close() {
    draining = true;
    for (Session s : List.copyOf(sessions)) {
      s.close(Problem.DRAINING, "the node is leaving");
    }
    turning.cancel();
    sessionLevel.close();
    return attachments.close();
  }
}
