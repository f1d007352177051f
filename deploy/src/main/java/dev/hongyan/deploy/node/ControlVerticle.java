package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.router.consume.ConsumerStore;
import dev.hongyan.router.node.NodeNumber;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.access.KeyLedger;
import dev.hongyan.tenant.access.OperatorKey;
import dev.hongyan.tenant.folder.TenantFolder;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.sealing.KeyAgreement;
import dev.hongyan.tenant.sealing.SealedTexts;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.RedisSubscriber;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process has once, on a loop of its own: tenants, keys, its number among the nodes. */
final class ControlVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ControlVerticle.class);

  /** Each key's use is written once a minute at most; this is how late that may be. */
  private static final Duration SAVE_USES_EVERY = Duration.ofSeconds(5);

  private final String node;
  private final Clock clock;
  private final Store store;
  private final Sealer sealer;
  private final Config config;
  private final Supplier<String> newEpoch;
  private final TenantDirectory directory = new TenantDirectory();
  private RedisLink link;
  private KeyAgreement keys;
  private TenantService tenants;
  private final KeyLedger keyLedger;
  private RedisSubscriber keyNews;
  private Timers.Cancellable savingUses;
  private NodeNumber numbers;
  private OperatorKey operator;
  private ClientTokens tokens;
  private @Nullable TenantFolder folder;

  @SuppressWarnings("NullAway.Init") // set in start; the node asks after it
  ControlVerticle(
      String node,
      Clock clock,
      Store store,
      Sealer sealer,
      Config config,
      Supplier<String> newEpoch) {
    this.newEpoch = newEpoch;
    this.node = node;
    this.clock = clock;
    this.keyLedger = new KeyLedger(clock);
    this.store = store;
    this.sealer = sealer;
    this.config = config;
  }

  @Override
  public Future<?> start() {
    Timers timers = new VertxTimers(vertx);
    link = store.link();
    RoutingRules rules = NodeRules.ROUTING;
    tenants =
        new TenantService(
            link,
            sealer,
            directory,
            timers,
            clock,
            rules,
            new ConsumerStore(link, clock, newEpoch));
    keyNews = store.subscribe(KeyLedger.CHANNEL, (channel, digest) -> keyLedger.hear(digest));
    savingUses =
        timers.every(
            SAVE_USES_EVERY,
            () -> {
              var unused =
                  keyLedger
                      .save(link)
                      .onFailure(e -> LOG.debug("Uses of keys are not saved: {}", e.toString()));
            });
    numbers =
        new NodeNumber(
            link, node, clock, timers, bound -> ThreadLocalRandom.current().nextInt(bound));
    Path dir = config.tenants().dir();
    String operatorKey = config.operatorKey() == null ? null : config.operatorKey().reveal();
    keys =
        new KeyAgreement(
            node,
            sealer,
            () -> NodeStore.keys(config),
            read -> vertx.executeBlocking(read, false),
            link,
            timers);
    return link.ready()
        .compose(up -> keys.join())
        .compose(joined -> numbers.start())
        .compose(numbered -> OperatorKey.open(link, operatorKey))
        .compose(
            key -> {
              operator = key;
              return ClientTokens.open(link, sealer, clock);
            })
        .compose(
            opened -> {
              tokens = opened;
              return tenants.start();
            })
        .compose(
            loaded -> {
              keys.follow(new SealedTexts(link, sealer, directory, timers));
              if (dir == null) {
                return Future.succeededFuture();
              }
              folder =
                  new TenantFolder(vertx, dir, tenants, config.tenants().prune(), clock, timers);
              return folder.start();
            });
  }

  @Override
  public Future<?> stop() {
    if (folder != null) {
      folder.stop();
    }
    tenants.stop();
    keyNews.close();
    savingUses.cancel();
    return keys.stop()
        .eventually(numbers::stop)
        .eventually(() -> keyLedger.save(link))
        .eventually(link::close);
  }

  KeyAgreement keys() {
    return keys;
  }

  RedisLink link() {
    return link;
  }

  Sealer sealer() {
    return sealer;
  }

  TenantDirectory directory() {
    return directory;
  }

  TenantService tenants() {
    return tenants;
  }

  /** What this process remembers of API keys. */
  KeyLedger keyLedger() {
    return keyLedger;
  }

  NodeNumber numbers() {
    return numbers;
  }

  OperatorKey operator() {
    return operator;
  }

  ClientTokens tokens() {
    return tokens;
  }
}
