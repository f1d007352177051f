package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Readiness;
import dev.hongyan.observability.management.ManagementVerticle;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node.
 *
 * <p>What is started adds how it is stopped; {@link #stop()} goes through these in the reverse
 * order, each with its share of the {@link #STOP_WITHIN} that a node has.
 */
public final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  /** All of stopping; a second below the five that operators are promised. */
  static final Duration STOP_WITHIN = Duration.ofSeconds(4);

  private final Config config;
  private final TlsPorts tls;
  private final Vertx vertx;
  private final Metrics metrics = Metrics.ofProcess();
  private final Readiness readiness = new Readiness();
  private final HealthChecks health;
  private final ManagementVerticle management;
  private final Platform platform;
  private final Deque<Supplier<Future<?>>> stops = new ArrayDeque<>();

  private Node(Config config, boolean demo, TlsPorts tls) {
    this.config = config;
    this.tls = tls;
    this.platform = new Platform(demo, Versions.own(), tls.open(), Node::leave);
    this.vertx = Vertx.builder().with(new VertxOptions().setPreferNativeTransport(true)).build();
    this.health = new HealthChecks(Clock.system(), new VertxTimers(vertx));
    this.management =
        new ManagementVerticle(
            config.management().host(),
            config.management().port(),
            metrics,
            health,
            readiness,
            tls::onManagement);
  }

  /**
   * Starts everything. Fails with a {@link StartException} when an operator can help; whatever was
   * started by then is stopped again.
   */
  public static Future<Node> start(Config config) {
    return start(config, false);
  }

  /**
   * The same.
   *
   * @param demo whether the page on {@code /} may have tokens of every tenant without a login
   */
  public static Future<Node> start(Config config, boolean demo) {
    long began = Clock.system().nanos();
    Node node;
    try {
      node = new Node(config, demo, TlsPorts.open(config));
    } catch (IOException e) {
      return Future.failedFuture(new StartException(String.valueOf(e.getMessage())));
    }
    Promise<Node> started = Promise.promise();
    node.deploy()
        .map(
            done -> {
              node.readiness.ready();
              long took = (Clock.system().nanos() - began) / 1_000_000;
              LOG.atInfo()
                  .addKeyValue("node", node.platform.name())
                  .addKeyValue("http_port", node.platform.httpPort())
                  .addKeyValue("management_port", node.managementPort())
                  .addKeyValue("native_transport", node.vertx.isNativeTransportEnabled())
                  .addKeyValue("took_ms", took)
                  .log("ready");
              node.vertx
                  .executeBlocking(node::warmUp, false)
                  .onFailure(e -> LOG.debug("not warmed up: {}", e.toString()));
              return node;
            })
        .onComplete(
            started::complete, failure -> node.stop().onComplete(stopped -> started.fail(failure)));
    return started.future();
  }

  /** What nobody who waits for the start waits for. */
  private @Nullable Void warmUp() {
    metrics.bindProcess();
    int understood = new Warmup().call();
    LOG.debug("warmed up with {} pushes", understood);
    return null;
  }

  /**
   * The store takes a moment to come up, most of it outside of this process: what needs none is
   * started meanwhile.
   */
  private Future<?> deploy() {
    Future<Store> store = NodeStore.open(vertx, config);
    Future<Sealer> sealer = vertx.executeBlocking(() -> NodeStore.sealer(config), false);
    Future<Contract> unused = vertx.executeBlocking(Contract::ofProgram, false);
    Future<String> managing =
        vertx
            .deployVerticle(management)
            .recover(
                failure ->
                    Future.failedFuture(
                        listening(
                            failure,
                            config.management().host(),
                            config.management().port(),
                            "management.port")));
    return Future.join(managing, sealer, store)
        .transform(
            all -> {
              if (managing.succeeded()) {
                stops.push(() -> vertx.undeploy(managing.result()));
              }
              if (store.succeeded()) {
                stops.push(store.result()::close);
              }
              return managing
                  .compose(id -> sealer)
                  .compose(id -> store)
                  .compose(
                      opened ->
                          platform.start(
                              vertx, config, opened, sealer.result(), metrics, health, stops));
            })
        .onSuccess(started -> stops.push(tls.follow(vertx, platform, management, health, metrics)))
        .recover(
            failure ->
                Future.failedFuture(
                    listening(failure, config.http().host(), config.http().port(), "http.port")));
  }

  /** What runs on this node, for commands that look into it. */
  public Platform platform() {
    return platform;
  }

  /** The port of metrics and health, also when any free one was asked for. */
  public int managementPort() {
    return management.actualPort();
  }

  /**
   * Stops everything, the last started first; never fails. Takes at most 4 s, and as long before as
   * sessions need to move (15 s at most).
   */
  public Future<Void> stop() {
    readiness.draining();
    Future<?> all = platform.drain().recover(e -> Future.succeededFuture());
    while (!stops.isEmpty()) {
      Supplier<Future<?>> stop = stops.pop();
      all = all.transform(before -> stop.get());
    }
    // A promise of no context: the contexts of this Vertx are gone when it is kept.
    Promise<Void> stopped = Promise.promise();
    all.timeout(STOP_WITHIN.plus(Platform.LEAVE_WITHIN).toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(
            inOrder -> {
              if (inOrder.failed()) {
                LOG.warn("not everything stopped in order: {}", String.valueOf(inOrder.cause()));
              }
              metrics.close();
              vertx.close().onComplete(closed -> stopped.complete());
            });
    return stopped.future();
  }

  private static Throwable listening(Throwable failure, String host, int port, String key) {
    if (failure instanceof IOException) {
      // Netty's own sockets say "bind(..) failed with error(-98): Address already in use".
      String message = String.valueOf(failure.getMessage());
      String reason = message.substring(message.lastIndexOf(": ") + 1).strip();
      return new StartException(
          "cannot listen on " + host + ":" + port + " (" + key + "): " + reason);
    }
    return failure;
  }

  /** As SIGTERM does: the shutdown hook of the process stops the node. */
  private static void leave() {
    new Thread(() -> System.exit(0), "hongyan-leave").start();
  }
}
