package dev.hongyan.token.keeper;

import static dev.hongyan.tenant.testing.RedisFixture.await;

import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.tenant.store.StoreOptions;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.WeChatTokenClient;
import dev.hongyan.token.lease.LeasePolicy;
import dev.hongyan.token.store.TokenStore;
import dev.hongyan.token.testing.FakeWeChat;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Nodes, each with a Vertx of its own, on one real Redis and one fake WeChat. */
final class Cluster implements AutoCloseable {
  static final String SECRET = "canary-of-an-appsecret";

  final RedisFixture redis = RedisFixture.start();
  final FakeWeChat wechat = new FakeWeChat(redis.vertx());
  final Map<String, AppCredentials> accounts = new ConcurrentHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final List<Vertx> vertxes = new CopyOnWriteArrayList<>();
  private final Sealer sealer =
      new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));

  /** One node. */
  final class Node {
    final Vertx vertx =
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    final Metrics metrics = new Metrics();
    final TokenCache cache = new TokenCache(Clock.system());
    final TokenVerticle verticle;
    final TokenService tokens;

    Node() {
      vertxes.add(vertx);
      Store store =
          await(Store.open(vertx, StoreOptions.of(List.of(redis.address()), redis.dir())));
      verticle =
          new TokenVerticle(
              new TokenVerticle.Settings(
                  Clock.system(),
                  store,
                  sealer,
                  new InMemory(),
                  cache,
                  metrics,
                  () -> 0.5,
                  LeasePolicy.DEFAULT,
                  TokenStore.Limits.DEFAULT,
                  WeChatTokenClient.Options.DEFAULT.withHosts(List.of(wechat.host()))));
      tokens = new TokenService(cache, Bus.of(vertx), metrics);
      var unused = await(vertx.deployVerticle(verticle));
    }

    /** Stops the event loop, as a long pause of the process would; gives what lets it go on. */
    Runnable stall() {
      CountDownLatch standing = new CountDownLatch(1);
      CountDownLatch resume = new CountDownLatch(1);
      vertx.runOnContext(
          ignored -> {
            standing.countDown();
            try {
              var unused = resume.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      try {
        if (!standing.await(20, TimeUnit.SECONDS)) {
          throw new AssertionError("the event loop is busy");
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return resume::countDown;
    }
  }

  Cluster() {
    set("shop", "wx1", SECRET, TokenMode.STABLE);
  }

  Node node() {
    return new Node();
  }

  void set(String account, String appId, String secret, TokenMode mode) {
    accounts.put(account, new AppCredentials(appId, Secret.of(secret), mode));
    listeners.forEach(l -> l.accept("acme"));
  }

  void remove(String account) {
    accounts.remove(account);
    listeners.forEach(l -> l.accept("acme"));
  }

  @Override
  public void close() {
    for (Vertx vertx : vertxes) {
      var unused = await(vertx.close());
    }
    wechat.close();
    redis.close();
  }

  private final class InMemory implements Accounts {
    @Override
    public @Nullable AppCredentials find(String tenant, String account) {
      return tenant.equals("acme") ? accounts.get(account) : null;
    }

    @Override
    public void onChange(Consumer<String> listener) {
      listeners.add(listener);
    }
  }
}
