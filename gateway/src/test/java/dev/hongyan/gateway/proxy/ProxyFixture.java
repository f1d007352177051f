package dev.hongyan.gateway.proxy;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.admin.AdminParts;
import dev.hongyan.gateway.admin.AdminRoutes;
import dev.hongyan.gateway.admin.WeChatParts;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.Host;
import dev.hongyan.token.fetch.WeChatTokenClient;
import dev.hongyan.token.keeper.Accounts;
import dev.hongyan.token.keeper.TokenVerticle;
import dev.hongyan.token.lease.LeasePolicy;
import dev.hongyan.token.store.TokenStore;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** The proxy and the admin API of a node, over a real Redis and towards a fake WeChat. */
final class ProxyFixture implements AutoCloseable {
  static final String OPERATOR = "hyo_operator-of-the-proxy";

  final FakeWeChatApi wechat = new FakeWeChatApi();
  final GatewayFixture node;
  final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicLong numbers = new AtomicLong();
  private ProxyParts parts;
  private WeChatParts tokens;
  private TokenCache cache;

  ProxyFixture(List<Host> before, UnaryOperator<ProxyOptions> options) {
    List<Host> hosts = new java.util.ArrayList<>(before);
    hosts.add(wechat.host());
    node =
        GatewayFixture.start(
            SessionLimits.DEFAULT,
            (here, loop) -> doors(here, loop, options.apply(ProxyOptions.of(hosts))));
    var unused =
        node.redis()
            .await(
                node.redis()
                    .vertx()
                    .deployVerticle(
                        new TokenVerticle(
                            new TokenVerticle.Settings(
                                Clock.system(),
                                node.redis().store(),
                                node.sealer(),
                                Accounts.of(node.tenants().directory()),
                                cache,
                                node.metrics(),
                                () -> 0.5,
                                LeasePolicy.DEFAULT,
                                TokenStore.Limits.DEFAULT,
                                WeChatTokenClient.Options.DEFAULT.withHosts(
                                    List.of(wechat.host()))))));
    account("acme", "shop", "wxacme", FakeWeChatApi.SECRET);
    account("bolt", "shop", "wxbolt", FakeWeChatApi.SECRET);
  }

  /** With a WeChat that is always there, so a busy machine is no reason to give it up. */
  ProxyFixture() {
    this(
        List.of(),
        o ->
            new ProxyOptions(
                o.hosts(),
                Duration.ofSeconds(30),
                o.answerWithin(),
                o.returnAfter(),
                o.failuresMax(),
                o.openFor()));
  }

  private List<GatewayVerticle.Door> doors(
      GatewayFixture here, GatewayVerticle.Loop loop, ProxyOptions options) {
    Clock clock = Clock.system();
    if (parts == null) {
      cache = new TokenCache(clock);
      TokenService service = new TokenService(cache, Bus.of(here.redis().vertx()), here.metrics());
      QuotaLedger ledger = new QuotaLedger(clock, here.tenants().directory(), here.metrics());
      tokens =
          new WeChatParts(
              service,
              new JsSdk(
                  service,
                  (t, a) -> here.tenants().directory().find(t, a).appId(),
                  clock,
                  () -> "nonce"),
              ledger);
      parts =
          new ProxyParts(
              here.redis().vertx(),
              clock,
              here.tenants().directory(),
              here.sealer(),
              service,
              ledger,
              here.metrics(),
              options,
              () -> "r-" + numbers.incrementAndGet());
    }
    ApiKeys keys = new ApiKeys(loop.link(), clock);
    Identity identity = here.identity(loop, OPERATOR, keys);
    return List.of(
        new ProxyDoor(parts, loop, identity, keys),
        new AdminRoutes(
            here.redis().vertx(),
            new AdminParts(
                here.tenants(),
                identity,
                keys,
                here.tokens(),
                here.sealer(),
                loop.link(),
                loop.publisher(),
                loop.log(),
                loop.cursors(),
                new DeadLetterStore(loop.link(), clock),
                AdminParts.Work.over(loop.link(), loop.log(), clock, () -> "epoch"),
                here.metrics(),
                clock,
                tenant -> Future.succeededFuture(List.of()),
                () -> Future.succeededFuture(List.of()),
                name -> Future.succeededFuture(false),
                () -> "r-" + numbers.incrementAndGet(),
                tokens,
                here.sends(loop))));
  }

  void account(String tenant, String id, String appId, String secret) {
    var unused =
        node.redis()
            .await(
                node.tenants()
                    .createAccount(
                        tenant,
                        new JsonObject()
                            .put("id", id)
                            .put("kind", "mp")
                            .put("appId", appId)
                            .put("secret", secret)
                            .put("token", "t")
                            .put("mode", "plain")));
  }

  /** An API key with scopes and no more. */
  String key(String tenant, String... scopes) {
    return made(tenant, scopes).secret().reveal();
  }

  ApiKeys.Made made(String tenant, String... scopes) {
    return node.redis()
        .await(
            new ApiKeys(node.redis().link(), Clock.system())
                .create(
                    tenant,
                    new JsonObject()
                        .put("role", "guest")
                        .put("scopes", new JsonArray(List.of(scopes)))));
  }

  QuotaLedger ledger() {
    return tokens.quotas();
  }

  String standIn(String tenant, String key) {
    JsonObject answer =
        json(
            get(
                "/wxapi/"
                    + tenant
                    + "/shop/cgi-bin/token?grant_type=client_credential&secret="
                    + key));
    return answer.getString("access_token");
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + node.port() + path);
  }

  HttpResponse<String> get(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).GET();
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> post(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    return send(request, HttpResponse.BodyHandlers.ofString());
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> as) {
    try {
      return http.send(request.build(), as);
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static JsonObject json(HttpResponse<String> response) {
    return new JsonObject(response.body());
  }

  @Override
  public void close() {
    node.close();
    wechat.close();
  }
}
