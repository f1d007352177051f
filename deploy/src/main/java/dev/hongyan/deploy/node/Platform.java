package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.admin.AdminParts;
import dev.hongyan.gateway.admin.AdminRoutes;
import dev.hongyan.gateway.admin.NodeView;
import dev.hongyan.gateway.console.ConsolePage;
import dev.hongyan.gateway.docs.DocsPage;
import dev.hongyan.gateway.proxy.ProxyDoor;
import dev.hongyan.gateway.proxy.ProxyParts;
import dev.hongyan.gateway.proxy.QuotaSync;
import dev.hongyan.gateway.reply.Replies;
import dev.hongyan.gateway.reply.ReplyTiming;
import dev.hongyan.gateway.session.ReplacedNames;
import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.gateway.stream.StreamDoor;
import dev.hongyan.gateway.webhook.ReplayMemory;
import dev.hongyan.gateway.webhook.WebhookDoor;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Stopwatch;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.dispatch.RouterVerticle;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.send.Sends;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.spool.Spool;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.router.trail.DuplicateNotes;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Store, tenants, router and doors of a node: what starts after what, and what each is given. */
public final class Platform {
  private static final Logger LOG = LoggerFactory.getLogger(Platform.class);

  /** How long sessions may take to move to another process. */
  private static final Duration DRAIN_WITHIN = Duration.ofSeconds(15);

  /**
   * How long an idle HTTP connection is kept open for its next request, so that none is lost on its
   * way.
   */
  private static final Duration LINGER = Duration.ofSeconds(2);

  /** All of leaving, before the first thing is stopped. */
  static final Duration LEAVE_WITHIN = DRAIN_WITHIN.plus(LINGER);

  /** How long it can be read what happened to a message. */
  private static final Duration TRAIL_AGE = Duration.ofDays(3);

  /** Below what a health check gets, so that a store that hangs is told from a check that does. */
  private static final Duration PING_WITHIN = Duration.ofMillis(800);

  private static final Duration ALONE_WITHIN = Duration.ofMillis(300);

  private final SecureRandom random = new SecureRandom();
  private final EpochNames epochs = new EpochNames(random.nextLong());
  private final String name = "n-" + word(8);
  private final Clock clock = Clock.system();
  private final TailExchange exchange = new TailExchange();
  private final List<GatewayVerticle> gateways = new ArrayList<>();
  private final ReplayMemory replays = new ReplayMemory(clock);
  private final long startedAtMillis = clock.wallMillis();
  private final boolean demo;
  private final @Nullable TlsPort tls;
  private final Runnable leave;
  private final String version;
  private @Nullable ControlVerticle control;
  private @Nullable RouterVerticle router;
  private @Nullable Spool spool;
  private @Nullable Replies replies;
  private final LateSends late = new LateSends();
  private @Nullable NodeWeChat wechat;
  private @Nullable ProxyParts proxy;
  private Tracing tracing = Tracing.off();

  /**
   * @param demo whether the page may have tokens of every tenant without a login
   * @param tls of the public port; null: plain HTTP
   * @param leave ends this process in good order
   */
  Platform(boolean demo, String version, @Nullable TlsPort tls, Runnable leave) {
    this.tls = tls;
    this.leave = leave;
    this.demo = demo;
    this.version = version;
  }

  /** This process, as other nodes and the log know it. */
  public String name() {
    return name;
  }

  /** The port of all doors, 0 before the start. */
  public int httpPort() {
    return gateways.isEmpty() ? 0 : gateways.get(0).actualPort();
  }

  /**
   * The operator key that this very start made, to be shown once; null when there was one before.
   */
  public @Nullable Secret newOperatorKey() {
    return control == null ? null : control.operator().justMade();
  }

  Future<?> start(
      Vertx vertx,
      Config config,
      Store store,
      Sealer sealer,
      Metrics metrics,
      HealthChecks health,
      Deque<Supplier<Future<?>>> stops) {
    Tracing.Process process = new Tracing.Process(name, version);
    tracing = NodeTracing.start(vertx, config.tracing(), process, metrics, clock, stops);
    return startControl(vertx, config, store, sealer, health, metrics, stops)
        .compose(controlled -> startRouter(vertx, config, store, metrics, stops))
        .compose(routed -> startSpool(vertx, config, store, health, metrics, stops))
        .compose(spooled -> startTokens(vertx, config, metrics, store, health, stops))
        .compose(kept -> startGateways(vertx, config, store, metrics, stops));
  }

  private Future<?> startControl(
      Vertx vertx,
      Config config,
      Store store,
      Sealer sealer,
      HealthChecks health,
      Metrics metrics,
      Deque<Supplier<Future<?>>> stops) {
    ControlVerticle verticle =
        new ControlVerticle(name, clock, store, sealer, config, () -> word(8));
    control = verticle;
    return deploy(vertx, verticle, stops)
        .map(
            id -> {
              Stopwatch ping = metrics.stopwatch(Series.STORE_LATENCY, "ping");
              health.essential(
                  "store",
                  () ->
                      verticle
                          .link()
                          .latency()
                          .timeout(PING_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                          .onSuccess(took -> ping.record(took.toNanos()))
                          .map(took -> Status.up())
                          .recover(this::storeAway));
              metrics.gauge(Series.STORE_UP, () -> verticle.link().isUp() ? 1 : 0);
              NodeStore.watch(verticle.keys(), health, metrics);
              Secret made = verticle.operator().justMade();
              if (made != null) {
                System.err.println("hongyan: the operator key, shown this once: " + made.reveal());
              }
              return id;
            });
  }

  /**
   * While pushes go to the spool this node does its most urgent work, and has to stay in the
   * balancer for that.
   */
  private Future<Status> storeAway(Throwable why) {
    Spool kept = spool;
    return kept != null && kept.takes()
        ? Future.succeededFuture(Status.degraded("away; pushes are kept in the spool"))
        : Future.failedFuture(why);
  }

  private Future<?> startSpool(
      Vertx vertx,
      Config config,
      Store store,
      HealthChecks health,
      Metrics metrics,
      Deque<Supplier<Future<?>>> stops) {
    if (!config.spool().enabled()) {
      return Future.succeededFuture();
    }
    return NodeSpool.open(config, name, clock, random::nextLong, metrics)
        .compose(
            opened -> {
              spool = opened;
              stops.push(opened::close);
              return deploy(
                  vertx,
                  NodeSpool.drain(
                      opened,
                      store,
                      clock,
                      exchange,
                      requireControl(),
                      epochs,
                      this::hasCompany,
                      health,
                      metrics),
                  stops);
            });
  }

  private Future<?> startRouter(
      Vertx vertx, Config config, Store store, Metrics metrics, Deque<Supplier<Future<?>>> stops) {
    ControlVerticle c = requireControl();
    replies =
        new Replies(
            new Replies.Parts(
                name,
                clock,
                new VertxTimers(vertx),
                c.directory()::find,
                late,
                this::hasCompany,
                ReplyTiming.WECHAT,
                metrics),
            c.link());
    wechat = new NodeWeChat(vertx, config, clock, c, metrics, this::word);
    RouterVerticle verticle =
        new RouterVerticle(
            new RouterVerticle.Settings(
                name,
                clock,
                store,
                exchange,
                c.directory(),
                epochs,
                tenant -> NodeStore.retention(config, c.directory().find(tenant)),
                leave,
                metrics,
                RouterVerticle.ATTEMPTS_MAX,
                config.cluster().enabled() ? SlotLeases.Sharing.SPREAD : SlotLeases.Sharing.SUCCEED,
                new RouterVerticle.Outside(
                    c.numbers()::nextId,
                    version,
                    config.destinations().allowPrivate(),
                    c.tenants().routing()::disableDestination,
                    TRAIL_AGE,
                    requireReplies(),
                    requireWeChat().api(),
                    tracing)));
    router = verticle;
    return deploy(vertx, verticle, stops);
  }

  /** The tokens of all accounts, and what the proxy and the admin API make of them. */
  private Future<?> startTokens(
      Vertx vertx,
      Config config,
      Metrics metrics,
      Store store,
      HealthChecks health,
      Deque<Supplier<Future<?>>> stops) {
    NodeWeChat w = requireWeChat();
    VertxTimers timers = new VertxTimers(vertx);
    stops.push(
        new NodeQuotas(config, requireControl(), clock, timers, metrics, name, () -> nodes().size())
            ::stop);
    QuotaSync sync = w.share();
    stops.push(
        () -> {
          sync.close();
          return Future.succeededFuture();
        });
    proxy = w.proxy();
    return deploy(vertx, w.keeper(store, random::nextDouble, health), stops);
  }

  /** For everybody on this event loop who has WeChat say something. */
  private Sends sends(GatewayVerticle.Loop loop, ControlVerticle c) {
    return new Sends(
        new Sends.Parts(
            c.directory(),
            loop.link(),
            loop.appender(),
            loop.log(),
            new DelayStore(loop.link(), clock, epochs, c.directory().quotas()),
            new Trail(loop.link(), clock, TRAIL_AGE),
            loop.envelopes(),
            c.numbers()::nextId,
            clock,
            c.tenants()::beginSends));
  }

  private Future<?> startGateways(
      Vertx vertx, Config config, Store store, Metrics metrics, Deque<Supplier<Future<?>>> stops) {
    ControlVerticle c = requireControl();
    int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
    HttpServerOptions http = DoorSettings.http(vertx, config);
    NodeAccess access =
        new NodeAccess(
            vertx,
            clock,
            c,
            config.destinations().allowPrivate(),
            AuditedRefusals.in(
                c.tenants().audit(), tenant -> c.directory().find(tenant) != null, clock),
            metrics);
    GatewayVerticle.Services services =
        new GatewayVerticle.Services(
            name,
            clock,
            store,
            exchange,
            new ReplacedNames(),
            c.directory(),
            c.numbers(),
            access::tokens,
            access.refusals(),
            metrics,
            tracing,
            requireReplies(),
            epochs,
            this::hasCompany,
            DoorSettings.each(config, loops),
            loop -> doors(vertx, loop, c, access, metrics));
    Future<?> all = Future.succeededFuture();
    for (int i = 0; i < loops; i++) {
      GatewayVerticle gateway = new GatewayVerticle(services, tls == null ? http : tls.on(http));
      gateways.add(gateway);
      all = all.compose(before -> deploy(vertx, gateway, stops));
    }
    return all;
  }

  /** All of them, when they are open. */
  List<GatewayVerticle> gateways() {
    return gateways;
  }

  /** In the order of how often they are asked for; the console takes what is left. */
  private List<GatewayVerticle.Door> doors(
      Vertx vertx,
      GatewayVerticle.Loop loop,
      ControlVerticle c,
      NodeAccess access,
      Metrics metrics) {
    WebhookDoor webhook =
        new WebhookDoor(
            c.directory(),
            NodeSpool.intake(spool, loop, clock),
            replays,
            loop.envelopes(),
            c.numbers()::nextId,
            metrics,
            clock,
            loop.timers(),
            loop.replies(),
            tracing);
    loop.appender()
        .onDuplicate(
            new DuplicateNotes(
                loop.log(), new Trail(loop.link(), clock, TRAIL_AGE), loop.timers()));
    Sends sends = sends(loop, c);
    late.by(loop.context(), sends::append);
    ApiKeys keys = access.keys(loop);
    Identity identity = access.identity(loop, keys);
    AdminRoutes admin =
        new AdminRoutes(
            vertx,
            new AdminParts(
                c.tenants(),
                identity,
                keys,
                c.tokens(),
                c.sealer(),
                loop.link(),
                loop.publisher(),
                loop.log(),
                loop.cursors(),
                new DeadLetterStore(loop.link(), clock),
                AdminParts.Work.over(loop.link(), loop.log(), clock, epochs),
                metrics,
                clock,
                this::sessions,
                () -> Future.succeededFuture(nodes()),
                node -> router == null ? Future.succeededFuture(false) : router.drain(node),
                () -> word(12),
                requireWeChat().parts(),
                sends));
    ProxyDoor calls =
        new ProxyDoor(Objects.requireNonNull(proxy, "tokens come first"), loop, identity, keys);
    StreamDoor streams =
        new StreamDoor(loop, identity, access.permits(), access::isServed, () -> word(12));
    return List.of(
        webhook,
        calls,
        streams,
        admin,
        new DocsPage(),
        new ConsolePage(demo ? () -> DemoTokens.of(c) : null));
  }

  /**
   * Takes no more connections and makes the sessions move. With another process alive they get
   * {@link #DRAIN_WITHIN}; alone, a moment to be told, because there is nowhere to go before this
   * one has ended.
   */
  Future<?> drain() {
    boolean company = hasCompany();
    Duration within = company ? DRAIN_WITHIN : ALONE_WITHIN;
    Duration linger = company ? LINGER : ALONE_WITHIN;
    List<Future<Void>> all = new ArrayList<>();
    gateways.forEach(gateway -> all.add(gateway.drain(within, linger)));
    return Future.join(all);
  }

  private boolean hasCompany() {
    return router != null && router.hasCompany();
  }

  /** The sessions of a tenant on all loops of this process. */
  private Future<List<SessionView>> sessions(String tenant) {
    List<Future<Collection<SessionView>>> asked = new ArrayList<>();
    for (GatewayVerticle gateway : gateways) {
      asked.add(gateway.sessionsOf(tenant));
    }
    return Future.all(asked)
        .map(
            all -> {
              List<SessionView> out = new ArrayList<>();
              asked.forEach(a -> out.addAll(a.result()));
              return out;
            });
  }

  private List<NodeView> nodes() {
    return router == null ? List.of() : router.nodes().stream().map(this::view).toList();
  }

  /** Of other nodes only the name is known here. */
  private NodeView view(String node) {
    return node.equals(name) && router != null
        ? new NodeView(node, startedAtMillis, router.slots(), version)
        : new NodeView(node, 0, 0, "");
  }

  private NodeWeChat requireWeChat() {
    return Objects.requireNonNull(wechat, "it comes with the router");
  }

  private Replies requireReplies() {
    return Objects.requireNonNull(replies, "they come with the router");
  }

  private ControlVerticle requireControl() {
    return Objects.requireNonNull(control, "the control verticle comes first");
  }

  private static Future<String> deploy(
      Vertx vertx, Deployable verticle, Deque<Supplier<Future<?>>> stops) {
    return vertx
        .deployVerticle(verticle, new DeploymentOptions())
        .onSuccess(id -> stops.push(() -> vertx.undeploy(id)))
        .onFailure(
            e ->
                LOG.debug(
                    "{} did not start: {}", verticle.getClass().getSimpleName(), e.toString()));
  }

  private String word(int letters) {
    return Words.of(random, letters);
  }
}
