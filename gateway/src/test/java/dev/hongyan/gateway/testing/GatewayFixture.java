package dev.hongyan.gateway.testing;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.access.Permits;
import dev.hongyan.gateway.access.Refusals;
import dev.hongyan.gateway.access.Tokens;
import dev.hongyan.gateway.admin.RoutingChecks;
import dev.hongyan.gateway.reply.Replies;
import dev.hongyan.gateway.reply.ReplyTiming;
import dev.hongyan.gateway.session.ReplacedNames;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.gateway.stream.StreamDoor;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.destination.GuardedGet;
import dev.hongyan.router.dispatch.RouterVerticle;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.node.NodeNumber;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.send.Sends;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.AccessEvents;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.access.OperatorKey;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The doors of a node over a real Redis, on a free port: two gateway verticles, tenants {@code
 * acme} and {@code bolt}.
 */
public final class GatewayFixture implements AutoCloseable {
  private static final String OPERATOR = "hyo_operator-of-the-fixture";

  private final RedisFixture redis;
  private final Metrics metrics = new Metrics();
  private final TenantDirectory directory = new TenantDirectory();
  private final Sealer sealer;
  private final TenantService tenants;
  private final ClientTokens tokens;
  private final LogStore log;
  private final NodeNumber numbers;
  private final List<GatewayVerticle> gateways = new ArrayList<>();
  private final List<String> deployed = new ArrayList<>();
  private final List<String> placesMade = new CopyOnWriteArrayList<>();
  private final ConsumerPlaces places =
      new ConsumerPlaces() {
        @Override
        public Future<Void> begins(String tenant, String consumer) {
          placesMade.add(tenant + "/" + consumer);
          return consumers().begins(tenant, consumer);
        }

        @Override
        public Future<Void> ends(String tenant, String consumer) {
          placesMade.remove(tenant + "/" + consumer);
          return consumers().ends(tenant, consumer);
        }
      };
  private final TailExchange exchange = new TailExchange();
  private final Replies replies;
  private final List<AccessEvents.Attempt> refused = new CopyOnWriteArrayList<>();
  private final Refusals refusals =
      new Refusals(
          new AccessEvents() {
            @Override
            public void refused(Attempt attempt) {
              refused.add(attempt);
            }

            @Override
            public void slowed(Attempt attempt, long waitSeconds) {}
          },
          metrics);
  private final List<JsonObject> late = new CopyOnWriteArrayList<>();
  private final int attemptsMax;
  private String router;

  private GatewayFixture(
      RedisFixture redis,
      SessionLimits limits,
      NodeDoors doors,
      int attemptsMax,
      ReplyTiming replyTiming) {
    this.redis = redis;
    this.attemptsMax = attemptsMax;
    directory.quotas().measure(metrics);
    sealer =
        new Sealer(
            MasterKey.of(
                Base64.getEncoder()
                    .encodeToString(
                        "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII))));
    tenants =
        new TenantService(
            redis.link(),
            sealer,
            directory,
            new VertxTimers(redis.vertx()),
            Clock.system(),
            new RoutingChecks(filter -> null, (handler, with) -> null),
            places);
    redis.await(tenants.start());
    for (String t : List.of("acme", "bolt")) {
      if (directory.find(t) == null) {
        redis.await(tenants.create(new JsonObject().put("id", t).put("name", t)));
      }
    }
    tokens = redis.await(ClientTokens.open(redis.link(), sealer, Clock.system()));
    numbers =
        new NodeNumber(
            redis.link(),
            "test-" + ThreadLocalRandom.current().nextLong(),
            Clock.system(),
            new VertxTimers(redis.vertx()),
            bound -> ThreadLocalRandom.current().nextInt(bound));
    redis.await(numbers.start());
    log = new LogStore(redis.link(), GatewayFixture::word);
    replies =
        new Replies(
            new Replies.Parts(
                "test",
                Clock.system(),
                new VertxTimers(redis.vertx()),
                directory::find,
                this::sendLate,
                () -> false,
                replyTiming,
                metrics),
            redis.link());
    GatewayVerticle.Services services =
        new GatewayVerticle.Services(
            "test",
            Clock.system(),
            redis.store(),
            exchange,
            new ReplacedNames(),
            directory,
            numbers,
            this::loopTokens,
            refusals,
            metrics,
            Tracing.off(),
            replies,
            GatewayFixture::word,
            () -> false,
            new GatewayVerticle.Settings(limits, 64, 1 << 20, 4 << 20),
            loop -> {
              List<GatewayVerticle.Door> all = new ArrayList<>();
              all.add(streams(loop));
              all.addAll(doors.make(this, loop));
              return all;
            });
    Future<?> all = Future.succeededFuture();
    for (int i = 0; i < 2; i++) {
      GatewayVerticle g =
          new GatewayVerticle(services, new HttpServerOptions().setHost("127.0.0.1").setPort(-1));
      gateways.add(g);
      all = all.compose(v -> redis.vertx().deployVerticle(g).onSuccess(deployed::add));
    }
    redis.await(all);
    startRouter();
  }

  private Future<Boolean> sendLate(
      String tenant, String account, String openid, JsonObject message, String dedupeKey) {
    late.add(
        new JsonObject()
            .put("tenant", tenant)
            .put("account", account)
            .put("message", message)
            .put("key", dedupeKey));
    return Future.succeededFuture(true);
  }

  /** Snowflake ids of this node. */
  public LongSupplier ids() {
    return numbers::nextId;
  }

  /** The answers of this node. */
  public Replies replies() {
    return replies;
  }

  /** The customer-service messages that answers became. */
  public List<JsonObject> late() {
    return late;
  }

  /** The stored side of consumers. */
  public ConsumerStore consumers() {
    return new ConsumerStore(redis.link(), Clock.system(), GatewayFixture::word);
  }

  /** The owner of all tenants, another one each time. */
  public void startRouter() {
    RouterVerticle verticle =
        new RouterVerticle(
            new RouterVerticle.Settings(
                "router-" + word(),
                Clock.system(),
                redis.store(),
                exchange,
                directory,
                GatewayFixture::word,
                tenant -> new LogStore.Retention(0, Duration.ZERO),
                () -> {},
                metrics,
                attemptsMax,
                SlotLeases.Sharing.SUCCEED,
                new RouterVerticle.Outside(
                    numbers::nextId,
                    "test",
                    true,
                    tenants.routing()::disableDestination,
                    Duration.ofHours(1),
                    replies,
                    null,
                    Tracing.off())));
    router = redis.await(redis.vertx().deployVerticle(verticle));
  }

  /** Ends the owner in order: it saves and gives its leases back. */
  public void stopRouter() {
    redis.await(redis.vertx().undeploy(router));
    router = null;
  }

  private StreamDoor streams(GatewayVerticle.Loop loop) {
    return new StreamDoor(
        loop,
        identity(loop, OPERATOR, new ApiKeys(loop.link(), Clock.system())),
        new Permits(tenants.access()::find),
        tenant -> directory.find(tenant) != null && !directory.find(tenant).suspended(),
        GatewayFixture::word);
  }

  /** Who sends requests to one loop of this node. */
  public Identity identity(GatewayVerticle.Loop loop, String operator, ApiKeys keys) {
    return new Identity(
        OperatorKey.open(loop.link(), operator).result(),
        keys,
        loop.tokens(),
        Clock.system(),
        refusals);
  }

  /** What was told of wrong keys and tokens. */
  public List<AccessEvents.Attempt> refused() {
    return refused;
  }

  private Tokens loopTokens() {
    return new Tokens(
        tokens,
        tenants.access()::find,
        new GuardedGet(redis.vertx(), Clock.system(), true),
        Clock.system());
  }

  /** The live sessions of a tenant, on both loops. */
  public List<SessionView> sessionsOf(String tenant) {
    List<SessionView> out = new ArrayList<>();
    gateways.forEach(g -> out.addAll(redis.await(g.sessionsOf(tenant))));
    return out;
  }

  /** Asks again and again, each time behind what the loops have to do, until it is so. */
  public static void eventually(BooleanSupplier so) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!so.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not so within 60 s");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** An API key that works here. */
  public String key(String tenant, String role) {
    return redis
        .await(
            new ApiKeys(redis.link(), Clock.system())
                .create(tenant, new JsonObject().put("role", role)))
        .secret()
        .reveal();
  }

  /** Makes all loops drain. */
  public void drain(Duration within) {
    gateways.forEach(g -> redis.await(g.drain(within, Duration.ofMillis(10))));
  }

  public static GatewayFixture start() {
    return start(SessionLimits.DEFAULT, loop -> List.of());
  }

  public static GatewayFixture start(SessionLimits limits, GatewayVerticle.DoorMaker doors) {
    return start(limits, (node, loop) -> doors.make(loop));
  }

  /** With doors that need parts of this fixture. */
  public static GatewayFixture start(SessionLimits limits, NodeDoors doors) {
    return start(limits, doors, ReplyTiming.WECHAT);
  }

  /** With other budgets of pushes that wait for an answer. */
  public static GatewayFixture start(SessionLimits limits, NodeDoors doors, ReplyTiming timing) {
    return new GatewayFixture(
        RedisFixture.start(), limits, doors, RouterVerticle.ATTEMPTS_MAX, timing);
  }

  /** With another number of deliveries before a shared message is dead. */
  public static GatewayFixture withAttempts(int attemptsMax) {
    return new GatewayFixture(
        RedisFixture.start(),
        SessionLimits.DEFAULT,
        (node, loop) -> List.of(),
        attemptsMax,
        ReplyTiming.WECHAT);
  }

  /** Makes the doors of one loop of this node; everything but the ports is there then. */
  public interface NodeDoors {
    List<GatewayVerticle.Door> make(GatewayFixture node, GatewayVerticle.Loop loop);
  }

  public RedisFixture redis() {
    return redis;
  }

  public Metrics metrics() {
    return metrics;
  }

  /** The consumers that have a place in the log, as {@code tenant/consumer}. */
  public List<String> placesMade() {
    return placesMade;
  }

  public TenantService tenants() {
    return tenants;
  }

  public Sealer sealer() {
    return sealer;
  }

  public ClientTokens tokens() {
    return tokens;
  }

  public LogStore log() {
    return log;
  }

  /** Takes sends on one loop of this node. */
  public Sends sends(GatewayVerticle.Loop loop) {
    return new Sends(
        new Sends.Parts(
            directory,
            loop.link(),
            loop.appender(),
            loop.log(),
            new DelayStore(loop.link(), Clock.system(), GatewayFixture::word),
            new Trail(loop.link(), Clock.system(), Duration.ofHours(1)),
            loop.envelopes(),
            numbers::nextId,
            Clock.system(),
            tenants::beginSends));
  }

  public int port() {
    return gateways.get(0).actualPort();
  }

  /** A token that may read and publish everything of a tenant. */
  public String token(String tenant, String subject) {
    return tokens
        .mint(tenant, subject, List.of("#"), List.of("app.#"), Duration.ofHours(1))
        .reveal();
  }

  /** A connection that has said hello. */
  public WsClient connect(String tenant, String client) {
    WsClient ws = open(token(tenant, client));
    ws.send(new JsonObject().put("op", "hello").put("client", client));
    ws.expect("welcome");
    return ws;
  }

  /** A connection that offers permessage-deflate and has said hello. */
  public WsClient connectDeflating(String tenant, String client) {
    WsClient ws = WsClient.open(redis.vertx(), port(), token(tenant, client), true);
    ws.send(new JsonObject().put("op", "hello").put("client", client));
    ws.expect("welcome");
    return ws;
  }

  /** A connection that has said nothing yet. */
  public WsClient open(String token) {
    return WsClient.open(redis.vertx(), port(), token);
  }

  @Override
  public void close() {
    for (String id : deployed) {
      redis.await(redis.vertx().undeploy(id));
    }
    if (router != null) {
      stopRouter();
    }
    redis.close();
    metrics.close();
  }

  private static String word() {
    return Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
  }
}
