package dev.hongyan.gateway;

import dev.hongyan.gateway.access.Refusals;
import dev.hongyan.gateway.access.Tokens;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.reply.ClientAnswers;
import dev.hongyan.gateway.reply.Replies;
import dev.hongyan.gateway.reply.ReplyDesk;
import dev.hongyan.gateway.session.ClientGreeter;
import dev.hongyan.gateway.session.Hub;
import dev.hongyan.gateway.session.ReplacedNames;
import dev.hongyan.gateway.session.SessionDoor;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.LogTimes;
import dev.hongyan.router.node.NodeNumber;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.ServerSSLOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * All doors of one event loop: opens the HTTP port, gives each path to its door, and brings
 * together what the doors of this loop share. Deploy one per core; they share the port.
 */
public final class GatewayVerticle extends VerticleBase {
  private static final Duration CLOSE_WITHIN = Duration.ofMillis(500);

  private final Services services;
  private final HttpServerOptions http;
  private RedisLink link;
  private TailFeed feed;
  private Hub hub;
  private ReplyDesk replies;
  private HttpServer server;
  private boolean leaving;

  /**
   * What all gateway verticles of a process share.
   *
   * @param node name of this process
   * @param tokens makes what checks JWTs, for one loop and on it
   * @param otherNodes whether there are processes that want to hear of new messages
   * @param doors makes the doors beside the WebSocket, for one loop
   */
  public record Services(
      String node,
      Clock clock,
      Store store,
      TailExchange exchange,
      ReplacedNames replaced,
      TenantDirectory tenants,
      NodeNumber numbers,
      Supplier<Tokens> tokens,
      Refusals refusals,
      Metrics metrics,
      Tracing tracing,
      Replies replies,
      Supplier<String> newEpoch,
      BooleanSupplier otherNodes,
      Settings settings,
      DoorMaker doors) {}

  /**
   * Sizes of what one loop keeps.
   *
   * @param recentEntries newest entries of each watched tenant that are kept at hand
   * @param recentBytes and how many bytes of them
   * @param pageBytes older stretches of all logs that are kept at hand
   */
  public record Settings(
      SessionLimits sessions, int recentEntries, int recentBytes, long pageBytes) {
    public static final Settings DEFAULT =
        new Settings(SessionLimits.DEFAULT, 1024, 1 << 20, 32 << 20);
  }

  /** What one loop has, for its doors. */
  public record Loop(
      ContextInternal context,
      Timers timers,
      Executor endOfTick,
      RedisLink link,
      LogStore log,
      LogAppender appender,
      CursorStore cursors,
      EnvelopeWriter envelopes,
      Publisher publisher,
      ReplyDesk replies,
      Hub hub,
      Tokens tokens) {}

  /** A door: answers the requests under its paths. */
  public interface Door {
    /** Whether this door answers {@code path}. */
    boolean takes(String path);

    void handle(HttpServerRequest request);
  }

  /** Makes a loop's doors, asked in this order; the last should take every path. */
  public interface DoorMaker {
    List<Door> make(Loop loop);
  }

  @SuppressWarnings("NullAway.Init") // set in start, before a request can come
  public GatewayVerticle(Services services, HttpServerOptions http) {
    this.services = services;
    this.http =
        new HttpServerOptions(http)
            .addWebSocketSubProtocol(SessionDoor.SUBPROTOCOL)
            .setMaxWebSocketFrameSize(1 << 20)
            .setMaxWebSocketMessageSize(1 << 20)
            .setWebSocketClosingTimeout(2)
            .setRegisterWebSocketWriteHandlers(false);
  }

  @Override
  public Future<?> start() {
    ContextInternal loop = (ContextInternal) context;
    Executor onLoop = task -> loop.runOnContext(v -> task.run());
    Timers timers = new VertxTimers(vertx);
    Clock clock = services.clock();
    link = services.store().link();
    Tally read = services.metrics().tally(Series.LOG_READ);
    Tally appended = services.metrics().tally(Series.LOG_APPENDED);
    LogStore log = new LogStore(link, services.newEpoch(), read::add);
    feed =
        new TailFeed(
            log,
            timers,
            onLoop,
            services.exchange(),
            services.settings().recentEntries(),
            services.settings().recentBytes());
    LogAppender appender =
        new LogAppender(
            link,
            clock,
            services.newEpoch(),
            onLoop,
            services.otherNodes(),
            entries -> {
              appended.add(entries.size());
              feed.publish(entries);
            });
    CursorStore cursors = new CursorStore(link, clock, services.newEpoch());
    SplittableRandom random = new SplittableRandom();
    EnvelopeWriter envelopes = new EnvelopeWriter(random::nextLong, services.tracing());
    Publisher publisher =
        new Publisher(
            appender,
            new DelayStore(link, clock, services.newEpoch(), services.tenants().quotas()),
            envelopes,
            services.tenants(),
            services.numbers()::nextId,
            clock,
            services.metrics().usage(),
            services.tracing());
    Tokens tokens = services.tokens().get();
    hub =
        new Hub(
            new Hub.Services(
                services.node(),
                clock,
                timers,
                onLoop,
                onLoop,
                feed,
                log,
                new LogPages(log, services.settings().pageBytes()),
                cursors,
                new DeadLetterStore(link, clock),
                Bus.of(vertx),
                Long.toString(random.nextLong() >>> 1, 36),
                new ClientGreeter(link, onLoop),
                publisher,
                (token, remote) -> client(tokens, token, remote),
                this::isServed,
                this::isFrozen,
                this::routed,
                services.replaced(),
                new ClientAnswers(services.replies(), log, new LogTimes(link, log)),
                services.tenants().quotas(),
                services.metrics()),
            services.settings().sessions());
    SecureRandom secure = new SecureRandom();
    replies =
        new ReplyDesk(
            services.replies(),
            onLoop,
            timers,
            () -> {
              byte[] bytes = new byte[16];
              secure.nextBytes(bytes);
              return bytes;
            });
    SessionDoor sessions =
        new SessionDoor(hub, loop, () -> "s-" + Long.toString(random.nextLong() >>> 1, 36));
    services.tenants().onChange(change -> changed(change, onLoop));
    List<Door> doors =
        services
            .doors()
            .make(
                new Loop(
                    loop, timers, onLoop, link, log, appender, cursors, envelopes, publisher,
                    replies, hub, tokens));
    server = vertx.createHttpServer(http);
    return link.ready()
        .compose(
            up ->
                server
                    .connectionHandler(Leaving::stay)
                    .requestHandler(r -> dispatch(r, sessions, doors))
                    .listen());
  }

  /** Takes another certificate for new connections; from any thread. */
  public Future<?> updateTls(ServerSSLOptions options) {
    Promise<Boolean> promise = Promise.promise();
    context.runOnContext(
        v -> {
          if (leaving) {
            promise.complete(false);
          } else {
            server.updateSSLOptions(options).onComplete(promise);
          }
        });
    return promise.future();
  }

  /** The port that was opened, also when any free one was asked for. */
  public int actualPort() {
    return server.actualPort();
  }

  /**
   * Stops listening, makes the sessions move to another process, and lets each HTTP connection be
   * answered once more; from any thread.
   *
   * @param within how long sessions may take; who is still here then is closed
   * @param linger how long after that idle HTTP connections are waited for
   */
  public Future<Void> drain(Duration within, Duration linger) {
    Promise<Void> promise = Promise.promise();
    context.runOnContext(
        v -> {
          leaving = true;
          Future<Void> closed =
              server.shutdown(within.plus(linger).toMillis() + 1_000, TimeUnit.MILLISECONDS);
          hub.drain(within)
              .compose(left -> closed.timeout(linger.toMillis(), TimeUnit.MILLISECONDS))
              .recover(stillOpen -> Future.succeededFuture())
              .onComplete(promise);
        });
    return promise.future();
  }

  /** The live sessions of a tenant on this loop; from any thread. */
  public Future<Collection<SessionView>> sessionsOf(String tenant) {
    Promise<Collection<SessionView>> promise = Promise.promise();
    context.runOnContext(v -> promise.complete(hub.sessionsOf(tenant)));
    return promise.future();
  }

  private Future<Caller.Client> client(Tokens tokens, String token, String remote) {
    return tokens
        .client(token)
        .onFailure(
            failure -> {
              if (ProblemException.of(failure) == Problem.UNAUTHENTICATED) {
                services.refusals().wrong(remote, token);
              }
            });
  }

  private boolean isServed(String tenant) {
    Tenant found = services.tenants().find(tenant);
    return found != null && !found.suspended();
  }

  private boolean isFrozen(String tenant) {
    Tenant found = services.tenants().find(tenant);
    return found != null && found.frozen();
  }

  private List<TopicPattern> routed(String tenant, String name) {
    Tenant found = services.tenants().find(tenant);
    if (found == null || found.routing().routes().isEmpty()) {
      return List.of();
    }
    List<TopicPattern> out = new ArrayList<>();
    for (Route route : found.routing().routes().values()) {
      if (route.to() instanceof Route.ToSubscription to && to.subscription().equals(name)) {
        out.add(TopicPattern.parse(route.match()));
      }
    }
    return out;
  }

  /** Told while the directory still holds what was before, so only the change itself is asked. */
  private void changed(TenantDirectory.Change change, Executor onLoop) {
    Tenant after = change.after();
    if (after == null || after.suspended()) {
      onLoop.execute(() -> hub.endTenant(change.tenant()));
    } else {
      onLoop.execute(() -> hub.freeze(change.tenant(), isFrozen(change.tenant())));
    }
  }

  private void dispatch(HttpServerRequest request, SessionDoor sessions, List<Door> doors) {
    String path = request.path();
    if (path == null) {
      request.response().setStatusCode(400).end();
      return;
    }
    if (http.isSsl()) {
      SecurityHeaders.ofTls(request.response());
    }
    if (leaving && !path.equals(SessionDoor.PATH)) {
      Leaving.last(request);
    }
    for (int i = 0; i < doors.size(); i++) {
      Door door = doors.get(i);
      if (door.takes(path)) {
        door.handle(request);
        return;
      }
    }
    if (path.equals(SessionDoor.PATH)) {
      sessions.handle(request);
    } else if (path.equals("/ping")) {
      request.response().setStatusCode(204).end();
    } else {
      request.response().setStatusCode(404).end();
    }
  }

  @Override
  public Future<?> stop() {
    // A drain that is still going on would be waited for to its end; closing Vert.x ends what is
    // left.
    return server
        .close()
        .timeout(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
        .eventually(hub::close)
        .eventually(
            () -> {
              feed.close();
              replies.close();
              return link.close();
            })
        .recover(stillOpen -> Future.succeededFuture());
  }
}
