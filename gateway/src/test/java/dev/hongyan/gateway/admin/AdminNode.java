package dev.hongyan.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.contract.Contract;
import dev.hongyan.gateway.docs.DocsPage;
import dev.hongyan.gateway.proxy.QuotaLedger;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenService;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** A node with the admin API, and somebody who calls it. */
final class AdminNode implements AutoCloseable {
  static final String OPERATOR = "hyo_operator-of-the-test";
  static final String TENANTS = "/api/v1/tenants";

  private final AtomicLong numbers = new AtomicLong();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicReference<AdminParts> parts = new AtomicReference<>();
  private final Answers answers = new Answers();
  private final GatewayFixture gateway;

  private AdminNode() {
    gateway =
        GatewayFixture.start(
            SessionLimits.DEFAULT,
            (here, loop) -> {
              parts.set(parts(here, loop, numbers));
              return List.of(new AdminRoutes(here.redis().vertx(), parts.get()), new DocsPage());
            });
  }

  private static AdminParts parts(
      GatewayFixture here, GatewayVerticle.Loop loop, AtomicLong numbers) {
    Clock clock = Clock.system();
    ApiKeys keys = new ApiKeys(loop.link(), clock);
    return new AdminParts(
        here.tenants(),
        here.identity(loop, OPERATOR, keys),
        keys,
        here.tokens(),
        here.sealer(),
        loop.link(),
        loop.publisher(),
        loop.log(),
        loop.cursors(),
        new DeadLetterStore(loop.link(), clock),
        AdminParts.Work.over(loop.link(), loop.log(), clock, () -> "e" + numbers.incrementAndGet()),
        here.metrics(),
        clock,
        tenant -> Future.succeededFuture(List.of()),
        () -> Future.succeededFuture(List.of(new NodeView("n1", 0, 256, "test"))),
        node -> Future.succeededFuture(node.equals("n1")),
        () -> "r-" + numbers.incrementAndGet(),
        wechat(here, clock),
        here.sends(loop));
  }

  /** The door once more, under another contract; throws what keeps a node from starting. */
  AdminRoutes another(Contract contract) {
    return new AdminRoutes(gateway.redis().vertx(), parts.get(), contract);
  }

  /** Without a token verticle: these are tested with the proxy. */
  private static WeChatParts wechat(GatewayFixture here, Clock clock) {
    TokenService tokens =
        new TokenService(new TokenCache(clock), Bus.of(here.redis().vertx()), here.metrics());
    return new WeChatParts(
        tokens,
        new JsSdk(tokens, (tenant, account) -> null, clock, () -> "nonce"),
        new QuotaLedger(clock, here.tenants().directory(), here.metrics()));
  }

  static AdminNode start() {
    return new AdminNode();
  }

  GatewayFixture gateway() {
    return gateway;
  }

  /** A tenant id that was not there before. */
  String fresh() {
    return "t-" + numbers.incrementAndGet();
  }

  /** A new tenant. */
  @CanIgnoreReturnValue
  String tenant() {
    String id = fresh();
    RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", id)));
    return id;
  }

  String key(String tenant, String role) throws Exception {
    JsonObject body = new JsonObject().put("role", role);
    return json(call("POST", TENANTS + "/" + tenant + "/keys", OPERATOR, body)).getString("secret");
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + gateway.port() + path);
  }

  HttpRequest.Builder request(String method, String path, String key, JsonObject body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return request.method(
        method,
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body.encode()));
  }

  HttpResponse<String> call(String method, String path, String key, JsonObject body)
      throws Exception {
    return send(request(method, path, key, body));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    answers.check(answer);
    return answer;
  }

  /** What was called here so far, as {@code GET /api/v1/tenants}. */
  Set<String> called() {
    return answers.called();
  }

  static JsonObject json(HttpResponse<String> answer) {
    return new JsonObject(answer.body());
  }

  @CanIgnoreReturnValue
  static JsonObject assertProblem(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    JsonObject problem = json(answer);
    assertThat(problem.getString("code")).as(answer.body()).isEqualTo(code);
    assertThat(problem.getInteger("status")).isEqualTo(status);
    assertThat(answer.headers().firstValue("x-request-id"))
        .contains(problem.getString("requestId"));
    return problem;
  }

  @Override
  public void close() {
    gateway.close();
  }
}
