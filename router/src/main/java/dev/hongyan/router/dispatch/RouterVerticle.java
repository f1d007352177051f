package dev.hongyan.router.dispatch;

import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.consume.Consumers;
import dev.hongyan.router.consume.ReplayStore;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.destination.DestinationClient;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.plan.Answers;
import dev.hongyan.router.plan.Notices;
import dev.hongyan.router.plan.TenantPlanner;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.schedule.Schedule;
import dev.hongyan.router.send.SendSinks;
import dev.hongyan.router.send.WeChatApi;
import dev.hongyan.router.shared.SharedOwner;
import dev.hongyan.router.slot.SlotLeases;
import dev.hongyan.router.slot.SlotTenants;
import dev.hongyan.router.slot.Slots;
import dev.hongyan.router.tail.LogPages;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.router.tail.TailFeed;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.RedisSubscriber;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner's side of this node: holds the slot leases and does what only a tenant's owner does.
 * One for the process.
 */
public final class RouterVerticle extends VerticleBase {
  private static final String DRAIN = Keys.HINTS + "drain";
  private static final String NODES_CHANGED = Keys.HINTS + "nodes";
  private static final Logger LOG = LoggerFactory.getLogger(RouterVerticle.class);
  private static final Duration RETENTION_ROUND = Duration.ofSeconds(1);

  /** In this many rounds every tenant is looked at once, traffic or not. */
  private static final int SWEEP_ROUNDS = 600;

  /** Deliveries of a shared message before it goes to the dead letters, unless configured. */
  public static final int ATTEMPTS_MAX = 8;

  private static final int RECENT_ENTRIES = 1024;
  private static final int RECENT_BYTES = 1 << 20;
  private static final long PAGE_BYTES = 16 << 20;

  private final Settings settings;
  private SlotLeases leases;
  private SharedOwner shared;
  private TailFeed feed;
  private RedisLink link;
  private RedisSubscriber hints;
  private Consumers consumers;
  private Schedule schedule;
  private DestinationClient destinations;
  private @Nullable SendSinks sends;
  private Timers.Cancellable rounds = () -> {};
  private Iterator<Tenant> sweep = List.<Tenant>of().iterator();

  /**
   * What it works with.
   *
   * @param node name of this process
   * @param retention what a tenant keeps
   * @param leave ends this process in good order; somebody asked for it
   * @param sharing what happens to slots while another process is alive
   * @param attemptsMax deliveries of a shared message before it goes to the dead letters
   */
  public record Settings(
      String node,
      Clock clock,
      Store store,
      TailExchange exchange,
      TenantDirectory tenants,
      Supplier<String> newEpoch,
      Function<String, LogStore.Retention> retention,
      Runnable leave,
      Metrics metrics,
      int attemptsMax,
      SlotLeases.Sharing sharing,
      Outside outside) {}

  /**
   * How it reaches out.
   *
   * @param ids Snowflake ids of the node
   * @param version ours, as destinations see it
   * @param allowPrivate whether destinations may be on private addresses
   * @param disabler switches a destination off
   * @param trailAge how long it can be read what happened to a message
   * @param answers where answers to pushes go
   * @param wechat where sends go; null when this node carries none out
   */
  public record Outside(
      LongSupplier ids,
      String version,
      boolean allowPrivate,
      TenantPlanner.Disabler disabler,
      Duration trailAge,
      Answers answers,
      @Nullable WeChatApi wechat,
      Tracing tracing) {}

  @SuppressWarnings("NullAway.Init") // set in start, before anything else can run
  public RouterVerticle(Settings settings) {
    this.settings = settings;
  }

  @Override
  public Future<?> start() {
    Timers timers = new VertxTimers(vertx);
    Clock clock = settings.clock();
    Executor onLoop = task -> context.runOnContext(v -> task.run());
    link = settings.store().link();
    LogStore log = new LogStore(link, settings.newEpoch());
    feed = new TailFeed(log, timers, onLoop, settings.exchange(), RECENT_ENTRIES, RECENT_BYTES);
    shared =
        new SharedOwner(
            new SharedOwner.Parts(
                Bus.of(vertx),
                clock,
                timers,
                onLoop,
                feed,
                log,
                new LogPages(log, PAGE_BYTES),
                new CursorStore(link, clock, settings.newEpoch()),
                new ConsumerStore(link, clock, settings.newEpoch()),
                new DeadLetterStore(link, clock),
                slot -> leases.fence(slot),
                this::isFrozen,
                settings.metrics(),
                settings.attemptsMax()));
    settings.tenants().onChange(change -> onLoop.execute(() -> shared.changed(change.tenant())));
    startConsumers(timers, onLoop, log);
    leases = new SlotLeases(link, settings.node(), clock, timers, owner(), settings.sharing());
    RetentionRounds retention =
        new RetentionRounds(log, clock, leases::fence, settings.retention());
    rounds = timers.every(RETENTION_ROUND, () -> round(retention));
    hints = settings.store().subscribe(Keys.HINTS + "*", this::hinted);
    return link.ready().compose(up -> leases.start()).onSuccess(started -> tellNodes());
  }

  private void startConsumers(Timers timers, Executor onLoop, LogStore log) {
    Clock clock = settings.clock();
    Outside outside = settings.outside();
    SplittableRandom random = new SplittableRandom();
    SlotTenants slotTenants = new SlotTenants(settings.tenants(), onLoop);
    LogAppender appender =
        new LogAppender(
            link,
            clock,
            settings.newEpoch(),
            onLoop,
            this::hasCompany,
            entries -> feed.publish(entries));
    Notices notices =
        new Notices(
            appender,
            new EnvelopeWriter(random.split()::nextLong, outside.tracing()),
            outside.ids(),
            clock);
    destinations =
        new DestinationClient(
            vertx, clock, timers, outside.version(), outside.allowPrivate(), outside.tracing());
    Trail trail = new Trail(link, clock, outside.trailAge());
    WeChatApi wechat = outside.wechat();
    sends =
        wechat == null
            ? null
            : new SendSinks(
                new SendSinks.Parts(
                    vertx,
                    clock,
                    timers,
                    random.split(),
                    link,
                    settings.tenants(),
                    trail,
                    wechat,
                    outside.tracing()));
    consumers =
        new Consumers(
            new Consumers.Parts(
                clock,
                timers,
                onLoop,
                feed,
                log,
                new LogPages(log, PAGE_BYTES),
                new ConsumerStore(link, clock, settings.newEpoch()),
                new CursorStore(link, clock, settings.newEpoch()),
                settings.tenants(),
                slotTenants,
                new TenantPlanner(
                    destinations,
                    link,
                    notices,
                    clock,
                    random,
                    settings.metrics(),
                    outside.disabler(),
                    outside.answers(),
                    sends),
                trail,
                new ReplayStore(link, clock),
                settings.metrics(),
                (tenant, consumer) ->
                    notices.tell(
                        tenant,
                        "sys.ledger.imbalance",
                        consumer,
                        new JsonObject().put("consumer", consumer))));
    schedule =
        new Schedule(
            new DelayStore(link, clock, settings.newEpoch()),
            clock,
            timers,
            slotTenants,
            this::hasCompany,
            settings.exchange()::hint);
  }

  /** Everything that works for the owner of a slot. */
  private SlotLeases.Listener owner() {
    List<SlotLeases.Listener> all = List.of(shared, consumers, schedule);
    return new SlotLeases.Listener() {
      @Override
      public void gained(int slot, long fence) {
        all.forEach(each -> each.gained(slot, fence));
      }

      @Override
      public void lost(int slot) {
        all.forEach(each -> each.lost(slot));
      }
    };
  }

  /** Whether another process is alive that wants to hear of new messages; from any thread. */
  public boolean hasCompany() {
    return leases.nodes().size() > 1;
  }

  /** Asks a node to leave; false when none of that name is alive. From any thread. */
  public Future<Boolean> drain(String node) {
    if (!leases.nodes().contains(node)) {
      return Future.succeededFuture(false);
    }
    return link.send(Request.cmd(Command.PUBLISH).arg(DRAIN).arg(node)).map(heard -> true);
  }

  /** How many slots this node owns; from any thread. */
  public int slots() {
    int owned = 0;
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      owned += leases.fence(slot) > 0 ? 1 : 0;
    }
    return owned;
  }

  /** Names of the live nodes. */
  public List<String> nodes() {
    return leases.nodes();
  }

  @Override
  public Future<?> stop() {
    rounds.cancel();
    hints.close();
    schedule.stop();
    return Future.join(shared.stop(), consumers.stop())
        .eventually(() -> leases.stop().onSuccess(released -> tellNodes()))
        .eventually(
            () -> {
              feed.close();
              Future<Void> closed = sends == null ? Future.succeededFuture() : sends.close();
              return Future.join(closed, destinations.close()).eventually(link::close);
            });
  }

  /**
   * Says to the other processes that one came or went, so that they need not wait for their next
   * renewal.
   */
  private void tellNodes() {
    link.send(Request.cmd(Command.PUBLISH).arg(NODES_CHANGED).arg(settings.node()))
        .onFailure(e -> LOG.debug("other nodes were not told: {}", e.getMessage()));
  }

  /** Another process appended; our own appends are heard here too and change nothing. */
  private void hinted(String channel, String head) {
    if (channel.equals(DRAIN)) {
      if (head.equals(settings.node())) {
        settings.leave().run();
      }
      return;
    }
    if (channel.equals(NODES_CHANGED)) {
      if (!head.equals(settings.node())) {
        leases.lookAround().onFailure(e -> LOG.debug("slots were not settled: {}", e.getMessage()));
      }
      return;
    }
    if (channel.equals(Keys.WORK)) {
      shared.work(head);
      consumers.work(head);
      schedule.look(head);
      return;
    }
    if (channel.equals(Keys.ERASED)) {
      shared.reopen(head);
      consumers.reopen(head);
      return;
    }
    if (channel.equals(Keys.REPLIES)) {
      settings.outside().answers().hinted(head);
      return;
    }
    String tenant = Keys.tenantOfHints(channel);
    if (tenant != null) {
      settings.exchange().hint(tenant, Long.parseLong(head));
    }
  }

  private boolean isFrozen(String tenant) {
    Tenant found = settings.tenants().find(tenant);
    return found != null && found.frozen();
  }

  private void round(RetentionRounds retention) {
    settings.exchange().takeActive().forEach(retention::due);
    for (int n = settings.tenants().size() / SWEEP_ROUNDS + 1; n > 0; n--) {
      if (!sweep.hasNext()) {
        sweep = settings.tenants().all().iterator();
      }
      if (sweep.hasNext()) {
        String next = sweep.next().id();
        retention.due(next);
        schedule.look(next);
      }
    }
    var unused = retention.round();
  }
}
