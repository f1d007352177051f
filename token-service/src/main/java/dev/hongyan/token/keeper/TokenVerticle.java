package dev.hongyan.token.keeper;

import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.WeChatTokenClient;
import dev.hongyan.token.lease.LeasePolicy;
import dev.hongyan.token.store.TokenStore;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the tokens of this process alive and answers {@link TokenService}. Deploy one per process:
 * two would each refresh for themselves. The processes of a cluster share tokens through the store.
 */
public final class TokenVerticle extends VerticleBase {
  private final Settings settings;
  private final Watch watch;
  private @Nullable RedisLink link;
  private @Nullable WeChatTokenClient client;
  private @Nullable Keeper keeper;
  private @Nullable MessageConsumer<Object> consumer;

  /**
   * What it is given.
   *
   * @param cache the one that the {@link TokenService} of this process reads
   * @param random from 0 to 1, for jitter
   */
  public record Settings(
      Clock clock,
      Store store,
      Sealer sealer,
      Accounts accounts,
      TokenCache cache,
      Metrics metrics,
      DoubleSupplier random,
      LeasePolicy policy,
      TokenStore.Limits limits,
      WeChatTokenClient.Options wechat) {}

  public TokenVerticle(Settings settings) {
    this.settings = settings;
    this.watch = new Watch(settings.metrics());
  }

  @Override
  public Future<?> start() {
    RedisLink opened = settings.store().link();
    link = opened;
    WeChatTokenClient made =
        new WeChatTokenClient(vertx, settings.clock(), new VertxTimers(vertx), settings.wechat());
    client = made;
    Parts parts =
        new Parts(
            settings.clock(),
            new VertxTimers(vertx),
            new TokenStore(opened, settings.sealer(), settings.clock(), settings.limits()),
            made,
            settings.cache(),
            watch,
            settings.policy(),
            settings.random());
    Keeper all = new Keeper(parts, settings.accounts());
    keeper = all;
    settings.accounts().onChange(tenant -> context.runOnContext(ignored -> changed(tenant)));
    // Without the store a first answer would come from WeChat though another node has it.
    return opened
        .ready()
        .onSuccess(up -> consumer = Bus.of(vertx).answer(TokenService.ADDRESS, all::answer));
  }

  @Override
  public Future<?> stop() {
    Keeper all = keeper;
    keeper = null;
    Future<Void> deaf = consumer == null ? Future.succeededFuture() : consumer.unregister();
    return deaf.eventually(
            () -> {
              if (all != null) {
                all.close();
              }
              return client == null ? Future.succeededFuture() : client.close();
            })
        .eventually(() -> link == null ? Future.succeededFuture() : link.close());
  }

  /**
   * Degraded while WeChat gives no token for some account, with the first few by name and WeChat's
   * words. Any thread.
   */
  public Future<Status> health() {
    return Future.succeededFuture(watch.status());
  }

  private void changed(String tenant) {
    if (keeper != null) {
      keeper.changed(tenant);
    }
  }
}
