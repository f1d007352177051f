package dev.hongyan.deploy.canary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets, openids and message texts that are easy to find are put everywhere where a node is given
 * such things; then its log (everything, debug too), its metrics and its refusals are searched.
 */
class CanaryTest {
  private static final String OPERATOR = "canary-operator-key-000000";
  private static final String APP_SECRET = "canaryAppSecret1111111111111111";
  private static final String TOKEN = "canaryPushToken222";
  private static final String AES_KEY = "canaryAesKey3333333333333333333333333333333";
  private static final String WHSEC =
      "whsec_"
          + Base64.getEncoder()
              .encodeToString("canary-destination-secret-4444".getBytes(StandardCharsets.US_ASCII));
  private static final String OPENID = "oCanaryOpenid5555555555555";
  private static final String TEXT = "canaryMessageText666";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path dir;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final List<String> refusals = new ArrayList<>();
  private int port;
  private int managementPort;

  @Test
  void nothingSecretOrPersonalIsInLogsMetricsOrRefusals() throws Exception {
    Vertx vertx = Vertx.vertx();
    WeChatSimulator wechat =
        new WeChatSimulator(
            vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
    Process node = null;
    try {
      SimulatedApi api = await(wechat.serveApi(ApiOptions.local()));
      node = start(api.url().toString());
      List<String> canaries =
          new ArrayList<>(
              List.of(OPERATOR, APP_SECRET, TOKEN, AES_KEY, WHSEC, OPENID, TEXT, "canary-dest"));
      canaries.addAll(work(wechat, api));
      String metrics = get("http://127.0.0.1:" + managementPort + "/metrics", null).body();
      assertThat(metrics).contains("hongyan_pushes_accepted_total");
      node.destroy();
      assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(log).as("it said something").hasSizeGreaterThan(2);
      assertThat(refusals).hasSizeGreaterThan(5);
      for (String canary : canaries) {
        assertThat(log).as("in the log: %s", canary).noneMatch(line -> line.contains(canary));
        assertThat(metrics).as("in the metrics").doesNotContain(canary);
        assertThat(refusals).as("in a refusal").noneMatch(body -> body.contains(canary));
      }
    } finally {
      if (node != null) {
        node.destroyForcibly().waitFor();
      }
      await(wechat.close());
      await(vertx.close());
    }
  }

  /** Uses everything that is given secrets or names; gives those that were made on the way. */
  private List<String> work(WeChatSimulator wechat, SimulatedApi api) throws Exception {
    call("POST", "", new JsonObject().put("id", "acme"), OPERATOR);
    JsonObject account =
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", "wx00000000000000aa")
            .put("secret", APP_SECRET)
            .put("token", TOKEN)
            .put("mode", "encrypted")
            .put("encodingAesKey", AES_KEY);
    call("POST", "/acme/accounts", account, OPERATOR);
    call("POST", "/acme/accounts", account.copy().put("bogus", APP_SECRET), OPERATOR);
    call("POST", "/acme/accounts", account.copy().put("encodingAesKey", AES_KEY + "x"), OPERATOR);
    JsonObject destination =
        new JsonObject()
            .put("id", "crm")
            .put("url", "http://127.0.0.1:9/in")
            .put("topics", new JsonArray().add("#"))
            .put("secret", WHSEC)
            .put("retry", new JsonArray().add("100ms"));
    call("POST", "/acme/destinations", destination, OPERATOR);
    call("POST", "/acme/destinations", destination.copy().put("url", "ftp://x/" + WHSEC), OPERATOR);
    String key =
        new JsonObject(
                call("POST", "/acme/keys", new JsonObject().put("role", "admin"), OPERATOR).body())
            .getString("secret");
    String jwt =
        new JsonObject(
                call(
                        "POST",
                        "/acme/client-tokens",
                        new JsonObject()
                            .put("subject", OPENID)
                            .put("topics", new JsonArray().add("#")),
                        OPERATOR)
                    .body())
            .getString("token");

    var line =
        wechat.register(
            SimulatedAccount.builder(
                    Product.MP,
                    "wx00000000000000aa",
                    TOKEN,
                    URI.create("http://127.0.0.1:" + port + "/wx/acme/shop"))
                .secret(APP_SECRET)
                .encodingAesKey(AES_KEY)
                .mode(SecurityMode.ENCRYPTED)
                .build());
    api.account("wx00000000000000aa").follows(OPENID);
    for (int i = 0; i < 3; i++) {
      call(
          "POST",
          "/acme/messages",
          new JsonObject()
              .put("topic", "app.x")
              .put("subject", OPENID)
              .put("data", new JsonObject().put("text", TEXT)),
          key);
    }
    call(
        "POST",
        "/acme/messages",
        new JsonObject().put("topic", TEXT).put("subject", OPENID + "\u0001").put("data", TEXT),
        key);
    post(
        "http://127.0.0.1:" + port + "/wx/acme/shop?signature=" + TOKEN + "&openid=" + OPENID,
        TEXT);
    String token =
        new JsonObject(call("GET", "/acme/accounts/shop/token", null, key).body())
            .getString("accessToken", "");
    get(
        "http://127.0.0.1:"
            + port
            + "/wxapi/acme/shop/cgi-bin/user/info?openid="
            + OPENID
            + "&access_token=wrong"
            + APP_SECRET,
        null);
    get("http://127.0.0.1:" + port + "/wxapi/acme/shop/cgi-bin/user/info?openid=" + OPENID, key);
    get("http://127.0.0.1:" + port + "/wxapi/acme/shop/cgi-bin/menu/get", "hyk_" + APP_SECRET);
    call(
        "POST",
        "/acme/sends",
        new JsonObject()
            .put("kind", "custom")
            .put("account", "shop")
            .put("to", OPENID + "gone")
            .put(
                "payload",
                new JsonObject()
                    .put("msgtype", "text")
                    .put("text", new JsonObject().put("content", TEXT))),
        key);
    call("GET", "/acme/sessions", null, "hyk_" + APP_SECRET);
    call("GET", "/acme/dead-letters/" + OPENID, null, key);
    // What was published has failed at the destination by now, or soon has: the log tells of it.
    for (int i = 0; i < 50; i++) {
      var unused = call("GET", "/acme/ledger", null, key);
    }
    List<String> made = new ArrayList<>(List.of(key, jwt));
    if (!token.isEmpty()) {
      made.add(token);
    }
    assertThat(line).isNotNull();
    return made;
  }

  private HttpResponse<String> call(String method, String path, JsonObject body, String key)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/tenants" + path))
            .header("Authorization", "Bearer " + key);
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return send(
        request.method(
            method,
            body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body.encode())));
  }

  private HttpResponse<String> get(String uri, String key) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    return send(request);
  }

  private void post(String uri, String body) throws Exception {
    var unused =
        send(
            HttpRequest.newBuilder(URI.create(uri))
                .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Keeps every refusal. */
  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 400 || answer.headers().firstValue("x-hongyan-error").isPresent()) {
      refusals.add(answer.body() + answer.headers().map());
    }
    return answer;
  }

  private Process start(String wechatApi) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.hongyan.deploy.Hongyan",
            "serve",
            "--child");
    builder
        .environment()
        .putAll(
            Map.of(
                "HONGYAN_OPERATOR_KEY", OPERATOR,
                "HONGYAN_HTTP_HOST", "127.0.0.1",
                "HONGYAN_HTTP_PORT", "0",
                "HONGYAN_MANAGEMENT_PORT", "0",
                "HONGYAN_LOG_LEVEL", "debug",
                "HONGYAN_DESTINATIONS_ALLOW_PRIVATE", "true",
                "HONGYAN_WECHAT_APIHOSTS", wechatApi,
                "HONGYAN_STORE_DIR", dir.resolve("s").toString()));
    Process started = builder.redirectErrorStream(true).start();
    CompletableFuture<JsonObject> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> read(started, ready), "node-log");
    reader.setDaemon(true);
    reader.start();
    JsonObject said = ready.get(60, TimeUnit.SECONDS);
    port = said.getInteger("http_port");
    managementPort = said.getInteger("management_port");
    return started;
  }

  private void read(Process from, CompletableFuture<JsonObject> ready) {
    try (BufferedReader lines = from.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        if (line.contains("\"msg\":\"ready\"")) {
          ready.complete(new JsonObject(line));
        }
      }
    } catch (IOException gone) {
      // as good as the end
    }
    ready.completeExceptionally(new IllegalStateException("it ended: " + log));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
