package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.admin.WeChatParts;
import dev.hongyan.gateway.proxy.ProxyOptions;
import dev.hongyan.gateway.proxy.ProxyParts;
import dev.hongyan.gateway.proxy.QuotaLedger;
import dev.hongyan.gateway.proxy.QuotaSync;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.router.send.WeChatApi;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.store.Store;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.Host;
import dev.hongyan.token.fetch.WeChatTokenClient;
import dev.hongyan.token.keeper.Accounts;
import dev.hongyan.token.keeper.TokenVerticle;
import dev.hongyan.token.lease.LeasePolicy;
import dev.hongyan.token.store.TokenStore;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a node needs to call WeChat: tokens, hosts, and one count of calls for all who make them.
 */
final class NodeWeChat {
  private final Clock clock;
  private final ControlVerticle control;
  private final Metrics metrics;
  private final IntFunction<String> word;
  private final Vertx vertx;
  private final List<Host> hosts;
  private final TokenCache cache;
  private final TokenService tokens;
  private final QuotaLedger ledger;

  NodeWeChat(
      Vertx vertx,
      Config config,
      Clock clock,
      ControlVerticle control,
      Metrics metrics,
      IntFunction<String> word) {
    this.vertx = vertx;
    this.clock = clock;
    this.control = control;
    this.metrics = metrics;
    this.word = word;
    this.hosts =
        config.wechat().apiHosts().stream().map(uri -> Host.parse(uri.toString())).toList();
    this.cache = new TokenCache(clock);
    this.tokens = new TokenService(cache, Bus.of(vertx), metrics);
    this.ledger = new QuotaLedger(clock, control.directory(), metrics);
  }

  /** For those who send. */
  WeChatApi api() {
    return WeChatApi.of(tokens, ledger, hosts);
  }

  /** Keeps the tokens of all accounts. */
  TokenVerticle keeper(Store store, DoubleSupplier random, HealthChecks health) {
    TokenVerticle verticle =
        new TokenVerticle(
            new TokenVerticle.Settings(
                clock,
                store,
                control.sealer(),
                Accounts.of(control.directory()),
                cache,
                metrics,
                random,
                LeasePolicy.DEFAULT,
                TokenStore.Limits.DEFAULT,
                WeChatTokenClient.Options.DEFAULT.withHosts(hosts)));
    health.helpful("tokens", verticle::health);
    return verticle;
  }

  /** Shares the count with other nodes until it is closed. */
  QuotaSync share() {
    return new QuotaSync(ledger, control.link(), clock, new VertxTimers(vertx));
  }

  /** For the admin API. */
  WeChatParts parts() {
    return new WeChatParts(
        tokens, new JsSdk(tokens, this::appId, clock, () -> word.apply(16)), ledger);
  }

  /** For the proxy. */
  ProxyParts proxy() {
    return new ProxyParts(
        vertx,
        clock,
        control.directory(),
        control.sealer(),
        tokens,
        ledger,
        metrics,
        ProxyOptions.of(hosts),
        () -> word.apply(12));
  }

  private @Nullable String appId(String tenant, String account) {
    Account found = control.directory().find(tenant, account);
    return found == null ? null : found.appId();
  }
}
