package dev.hongyan.deploy.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.deploy.tracing.SpanReceiver.Received;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of a whole node: from WeChat's request to a destination's answer. */
class TracingTest {
  private static final String KEY = "operator-key-of-the-tests-of-traces";
  private static final String APP_ID = "wx00000000000000aa";
  private static final String OPENID = "oTraced_0123456789abcdef";
  private static final String CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private SpanReceiver collector;
  private WeChatSimulator wechat;
  private SimulatedApi api;
  private HttpServer crm;
  private Node node;
  private volatile int answer = 204;

  /** What a destination got. */
  private record Arrival(String traceparent, JsonObject event) {}

  @BeforeEach
  void start() throws Exception {
    collector = new SpanReceiver();
    wechat =
        new WeChatSimulator(
            vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
    api = await(wechat.serveApi(ApiOptions.local()));
    crm =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    r ->
                        r.bodyHandler(
                            body -> {
                              int status = answer; // of now: the test may change it next
                              arrivals.add(
                                  new Arrival(r.getHeader("traceparent"), body.toJsonObject()));
                              var unused =
                                  r.response()
                                      .setStatusCode(status)
                                      .putHeader("x-hongyan-retry", "never")
                                      .end();
                            }))
                .listen(0, "127.0.0.1"));
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      await(node.stop());
    }
    await(wechat.close());
    await(vertx.close());
    collector.close();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private void node(Map<String, String> tracing) throws Exception {
    Map<String, String> environment = new HashMap<>(tracing);
    environment.put("HONGYAN_OPERATOR_KEY", KEY);
    environment.put("HONGYAN_HTTP_HOST", "127.0.0.1");
    environment.put("HONGYAN_HTTP_PORT", "0");
    environment.put("HONGYAN_MANAGEMENT_PORT", "0");
    environment.put("HONGYAN_WECHAT_APIHOSTS", api.url().toString());
    environment.put("HONGYAN_DESTINATIONS_ALLOW_PRIVATE", "true");
    environment.put("HONGYAN_STORE_DIR", dir.resolve("s").toString());
    node = await(Node.start(Config.read(null, environment)));
    call("", new JsonObject().put("id", "acme"));
    call(
        "/acme/accounts",
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", APP_ID)
            .put("secret", "secret-of-the-shop")
            .put("token", "token")
            .put("mode", "plain"));
    call(
        "/acme/destinations",
        new JsonObject()
            .put("id", "crm")
            .put("url", "http://127.0.0.1:" + crm.actualPort() + "/")
            .put("topics", new JsonArray().add("wx.mp.message.#").add("app.#")));
  }

  private JsonObject call(String path, JsonObject body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + node.platform().httpPort() + "/api/v1/tenants" + path))
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json");
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> answered =
        HTTP.send(
            request.POST(HttpRequest.BodyPublishers.ofString(body.encode())).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answered.statusCode()).as(answered.body()).isBetween(200, 299);
    return new JsonObject(answered.body());
  }

  private PushLine line() {
    return wechat.register(
        SimulatedAccount.builder(
                Product.MP,
                APP_ID,
                "token",
                URI.create("http://127.0.0.1:" + node.platform().httpPort() + "/wx/acme/shop"))
            .secret("secret-of-the-shop")
            .mode(SecurityMode.PLAIN)
            .build());
  }

  private void push(PushLine line) throws Exception {
    PushResult result =
        await(
            line.push(
                line.composer().compose(new SimulatedUser(OPENID), Messages.text("secret-words"))));
    assertThat(result.answered().accepted()).isTrue();
  }

  private Arrival arrival() throws InterruptedException {
    Arrival arrived = arrivals.poll(60, TimeUnit.SECONDS);
    assertThat(arrived).isNotNull();
    return arrived;
  }

  private String metrics() throws Exception {
    URI metrics = URI.create("http://127.0.0.1:" + node.managementPort() + "/metrics");
    return HTTP.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private Map<String, String> everything() {
    return Map.of("HONGYAN_TRACING_OTLP", collector.url(), "HONGYAN_TRACING_RATIO", "1");
  }

  @Test
  void aPushAndItsDeliveryAreOneTraceAndNameNobody() throws Exception {
    node(everything());
    push(line());

    Arrival arrived = arrival();
    Received receive = collector.await(s -> s.name().equals("wx.mp.message.receive"));
    Received deliver = collector.await(s -> s.name().equals("message deliver"));

    assertThat(receive.parent()).isEmpty();
    assertThat(deliver.trace()).isEqualTo(receive.trace());
    assertThat(deliver.parent()).isEqualTo(receive.id());
    assertThat(arrived.event.getString("traceparent")).isEqualTo(receive.header());
    assertThat(arrived.traceparent).isEqualTo(deliver.header());

    String id = arrived.event.getString("id");
    assertThat(receive.attributes())
        .containsEntry("wx.appid", APP_ID)
        .containsEntry("wx.event_type", "text")
        .containsEntry("wx.msg_id", arrived.event.getString("wxmsgid"))
        .containsEntry("hongyan.tenant", "acme")
        .containsEntry("hongyan.account", "shop")
        .containsEntry("hongyan.topic", "wx.mp.message.text")
        .containsEntry("hongyan.message.id", id)
        .hasSize(7);
    assertThat(deliver.attributes())
        .containsEntry("hongyan.tenant", "acme")
        .containsEntry("hongyan.topic", "wx.mp.message.text")
        .containsEntry("hongyan.message.id", id)
        .containsEntry("hongyan.destination", "crm")
        .containsEntry("hongyan.attempt", "1")
        .containsEntry("http.response.status_code", "204")
        .hasSize(6);
    assertThat(receive.kind()).isEqualTo(2); // SERVER
    assertThat(deliver.kind()).isEqualTo(3); // CLIENT
    assertThat(receive.status()).isZero();
    assertThat(receive.startNanos()).isPositive().isLessThanOrEqualTo(receive.endNanos());
    assertThat(deliver.startNanos()).isLessThanOrEqualTo(deliver.endNanos());
    assertThat(deliver.resource())
        .containsEntry("service.name", "hongyan")
        .containsEntry("service.instance.id", node.platform().name())
        .containsKey("service.version");

    await(node.stop());
    node = null;
    assertThat(collector.everything()).doesNotContain(OPENID, "secret-words", KEY);
    assertThat(collector.requests()).containsExactly("POST /v1/traces application/x-protobuf");
  }

  @Test
  void whatACallerPublishesIsAStepOfTheCallersTrace() throws Exception {
    node(Map.of("HONGYAN_TRACING_OTLP", collector.url() + "/here", "HONGYAN_TRACING_RATIO", "0"));
    call(
        "/acme/messages",
        new JsonObject().put("topic", "app.order").put("data", new JsonObject().put("n", 1)),
        "traceparent",
        CALLER);

    Arrival arrived = arrival();
    Received publish = collector.await(s -> s.name().equals("message publish"));
    Received deliver = collector.await(s -> s.name().equals("message deliver"));
    assertThat(publish.trace()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(publish.parent()).isEqualTo("b7ad6b7169203331");
    assertThat(publish.kind()).isEqualTo(4); // PRODUCER
    assertThat(publish.attributes()).containsEntry("hongyan.topic", "app.order");
    assertThat(deliver.parent()).isEqualTo(publish.id());
    assertThat(arrived.event.getString("traceparent")).isEqualTo(publish.header());
    assertThat(arrived.traceparent).isEqualTo(deliver.header());
    assertThat(collector.requests()).containsExactly("POST /here application/x-protobuf");
  }

  @Test
  void ofTracesThatAreNotKeptOnlyFailuresArrive() throws Exception {
    node(Map.of("HONGYAN_TRACING_OTLP", collector.url(), "HONGYAN_TRACING_RATIO", "0"));
    PushLine line = line();
    push(line);
    Arrival well = arrival();
    assertThat(well.traceparent).isEqualTo(well.event.getString("traceparent")).endsWith("-00");
    answer = 422;
    push(line);

    Arrival refused = arrival();
    Received deliver = collector.await(s -> s.status() == 2);
    assertThat(deliver.name()).isEqualTo("message deliver");
    assertThat(deliver.statusMessage()).isEqualTo("http 422");
    String header = refused.event.getString("traceparent");
    assertThat(header).contains(deliver.trace(), deliver.parent());
    await(node.stop());
    node = null;
    assertThat(collector.names()).containsExactly("message deliver");
  }

  @Test
  void aTemplateMessageIsATraceToWeChat() throws Exception {
    node(everything());
    var unused = line();
    api.account(APP_ID).follows(OPENID);
    JsonObject taken =
        call(
            "/acme/sends",
            new JsonObject()
                .put("kind", "template")
                .put("account", "shop")
                .put("to", OPENID)
                .put(
                    "payload",
                    new JsonObject().put("template_id", "TM1").put("data", new JsonObject())),
            "traceparent",
            CALLER);

    Received send = collector.await(s -> s.name().equals("wx.mp.template.send"));
    assertThat(send.header()).startsWith("00-0af7651916cd43dd8448eb211c80319c-");
    assertThat(send.parent()).isEqualTo("b7ad6b7169203331");
    assertThat(send.attributes())
        .containsEntry("wx.appid", APP_ID)
        .containsEntry("hongyan.message.id", taken.getString("id"))
        .containsEntry("hongyan.attempt", "1");
    assertThat(send.status()).as(send.statusMessage()).isZero();
    assertThat(collector.everything()).doesNotContain(OPENID, "secret-of-the-shop");
  }

  @Test
  void withoutACollectorNothingIsTracedAndHeadersAreAsBefore() throws Exception {
    node(Map.of());
    push(line());
    Arrival arrived = arrival();
    assertThat(arrived.traceparent)
        .isEqualTo(arrived.event.getString("traceparent"))
        .endsWith("-01");
    assertThat(metrics()).doesNotContain("hongyan_spans_total{");
    assertThat(collector.requests()).isEmpty();
  }

  @Test
  void aCollectorThatIsAwayCostsItsSpansAndNothingElse() throws Exception {
    int nobody;
    try (ServerSocket free = new ServerSocket(0)) {
      nobody = free.getLocalPort();
    }
    node(
        Map.of("HONGYAN_TRACING_OTLP", "http://127.0.0.1:" + nobody, "HONGYAN_TRACING_RATIO", "1"));
    push(line());
    assertThat(arrival().event.getString("type")).isEqualTo("wx.mp.message.text");

    long end = System.nanoTime() + 60_000_000_000L;
    while (!metrics().contains("hongyan_spans_total{outcome=\"lost\"} 2.0")) {
      assertThat(System.nanoTime()).as("%s", metrics()).isLessThan(end);
    }
  }
}
