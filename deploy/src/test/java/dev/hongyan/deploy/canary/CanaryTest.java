package dev.hongyan.deploy.canary;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.deploy.tls.Certificates;
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
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
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
  private static final String WHSEC_FRESH =
      "whsec_"
          + Base64.getEncoder()
              .encodeToString("canary-destination-secret-7777".getBytes(StandardCharsets.US_ASCII));
  private static final String MASTER =
      Base64.getEncoder()
          .encodeToString("canary-master-key-of-32-bytes-88".getBytes(StandardCharsets.US_ASCII));
  private static final String ISSUER_SECRET = "canary-issuer-secret-of-32-bytes-9999";
  private static final String ISSUER_FRESH = "canary-issuer-secret-of-32-bytes-aaaa";
  private static final String FOLDER_SECRET = "canaryFolderSecretBBBBBBBBBBBBBB";
  private static final String FOLDER_TOKEN = "canaryFolderTokenCCC";
  private static final String FOLDER_BROKEN = "canaryFolderBrokenDDD";
  private static final String OPENID = "oCanaryOpenid5555555555555";
  private static final String TEXT = "canaryMessageText666";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path dir;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final List<String> refusals = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private HttpClient management;
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
      Certificates.Made tls = Certificates.make(dir, "management", "RSA", 30);
      var unused = tls.into(dir, "management");
      management = HttpClient.newBuilder().sslContext(Certificates.trusting(null, tls)).build();
      Files.createDirectories(dir.resolve("tenants"));
      node = start(api.url().toString());
      List<String> canaries =
          new ArrayList<>(
              List.of(OPERATOR, APP_SECRET, TOKEN, AES_KEY, WHSEC, OPENID, TEXT, "canary-dest"));
      canaries.addAll(
          List.of(
              WHSEC_FRESH,
              MASTER,
              "canary-master-key",
              ISSUER_SECRET,
              ISSUER_FRESH,
              FOLDER_SECRET,
              FOLDER_TOKEN,
              FOLDER_BROKEN));
      tls.keyPem().lines().filter(line -> line.length() == 64).forEach(canaries::add);
      canaries.addAll(work(wechat, api));
      folder();
      canaries.addAll(mistakes());
      brokenTls(tls);
      look();
      String metrics = metrics();
      assertThat(metrics).contains("hongyan_pushes_accepted_total");
      node.destroy();
      assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(log).as("it said something").hasSizeGreaterThan(2);
      assertThat(refusals).hasSizeGreaterThan(60);
      assertThat(canaries).hasSizeGreaterThan(40);
      String disk = disk();
      assertThat(disk).contains("v1:", "audit-head", "section:issuers", OPENID);
      for (String canary : canaries) {
        assertThat(log).as("in the log: %s", canary).noneMatch(line -> line.contains(canary));
        assertThat(metrics).as("in the metrics").doesNotContain(canary);
        assertThat(refusals).as("in a refusal").noneMatch(body -> body.contains(canary));
        if (!canary.equals(OPENID) && !canary.equals(TEXT)) {
          // Whom a message is for and what it says is kept, and shown to those who may read it.
          assertThat(answers).as("in an answer").noneMatch(body -> body.contains(canary));
          assertThat(disk.contains(canary)).as("in the store: %s", canary).isFalse();
        }
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

  /** Files that take their secrets from elsewhere, and such as are wrong in every way. */
  private void folder() throws Exception {
    Path tenants = dir.resolve("tenants");
    Files.writeString(dir.resolve("token"), FOLDER_TOKEN + "\n");
    Files.writeString(
        tenants.resolve("bolt.yaml"),
        """
        id: bolt
        accounts:
          - id: cafe
            kind: mini
            appId: wx00000000000000bb
            token: ${file:%s}
            secret: ${env:CANARY_FOLDER_SECRET}
            mode: plain
        """
            .formatted(dir.resolve("token")));
    Files.writeString(
        tenants.resolve("wrong.yaml"),
        """
        id: wrong
        name: ${env:CANARY_FOLDER_SECRET}
        accounts:
          - id: cafe
            kind: mini
            appId: wx00000000000000bb
            token: ${env:CANARY_FOLDER_SECRET} and more
            encodingAesKey: ${env:CANARY_FOLDER_SECRET}
            secret: [%s]
        """
            .formatted(FOLDER_BROKEN));
    Files.writeString(
        tenants.resolve("torn.yaml"),
        """
        id: torn
        accounts:
          - id: cafe
            secret: "%s
            token: {%s
        """
            .formatted(FOLDER_BROKEN, FOLDER_BROKEN));
    until(() -> call("GET", "/bolt/accounts/cafe", null, OPERATOR).statusCode() == 200);
    until(() -> log.stream().anyMatch(line -> line.contains("wrong.yaml")));
    until(() -> log.stream().anyMatch(line -> line.contains("torn.yaml")));
  }

  /** Secrets where they do not belong, or in a shape that is refused; gives what was made. */
  private List<String> mistakes() throws Exception {
    JsonObject made =
        new JsonObject(
            call("POST", "/acme/keys", new JsonObject().put("role", "admin"), OPERATOR).body());
    String key = made.getString("secret");
    String keys = "/acme/keys/" + made.getString("id");
    String turned =
        new JsonObject(
                call(
                        "POST",
                        keys + "/rotate",
                        new JsonObject().put("overlapSeconds", 3_600),
                        OPERATOR)
                    .body())
            .getString("secret");
    call("GET", "/acme/keys", null, key);
    call("GET", "/acme/keys", null, turned);
    String last =
        new JsonObject(
                call("POST", keys + "/rotate", new JsonObject().put("overlapSeconds", 0), turned)
                    .body())
            .getString("secret");
    call("GET", "/acme/keys", null, key);
    JsonObject issuer =
        new JsonObject()
            .put("id", "idp")
            .put("issuer", "https://idp.example")
            .put("secret", ISSUER_SECRET);
    call("POST", "/acme/issuers", issuer, OPERATOR);
    call("PATCH", "/acme/issuers/idp", new JsonObject().put("secret", ISSUER_FRESH), OPERATOR);
    call("PATCH", "/acme/destinations/crm", new JsonObject().put("secret", WHSEC_FRESH), OPERATOR);
    String destination =
        new JsonObject(
                call(
                        "POST",
                        "/acme/destinations/crm/rotate-secret",
                        new JsonObject().put("overlapSeconds", 3_600),
                        OPERATOR)
                    .body())
            .getString("secret");
    JsonArray rs256 = new JsonArray().add("RS256");
    call("POST", "/acme/issuers", issuer.copy().put("algorithms", rs256), OPERATOR);
    call("POST", "/acme/issuers", issuer.copy().put("jwksUrl", "https://x.example/"), OPERATOR);
    JsonObject symmetric = new JsonObject().put("kty", "oct").put("k", ISSUER_SECRET);
    call(
        "POST",
        "/acme/issuers",
        new JsonObject()
            .put("id", "idp2")
            .put("issuer", "https://idp.example")
            .put("keys", new JsonArray().add(symmetric)),
        OPERATOR);
    List<String> secrets =
        List.of(
            OPERATOR,
            APP_SECRET,
            TOKEN,
            AES_KEY,
            WHSEC,
            WHSEC_FRESH,
            MASTER,
            ISSUER_SECRET,
            FOLDER_SECRET,
            key,
            turned,
            last,
            destination);
    for (String secret : secrets) {
      for (String path :
          List.of(
              "/acme/accounts",
              "/acme/destinations",
              "/acme/issuers",
              "/acme/keys",
              "/acme/client-tokens",
              "/acme/routes",
              "/acme/messages",
              "/acme/sends")) {
        JsonObject listed = new JsonObject();
        JsonObject nested = new JsonObject();
        for (String field :
            List.of("id", "role", "url", "secret", "token", "encodingAesKey", "subject", "topic")) {
          listed.put(field, new JsonArray().add(secret));
          nested.put(field, new JsonObject().put("is", secret));
        }
        assertRefused(call("POST", path, listed, OPERATOR));
        assertRefused(call("POST", path, nested, OPERATOR));
        assertRefused(raw("POST", path, "{\"secret\":\"" + secret, OPERATOR));
        assertRefused(raw("POST", path, "\"" + secret + "\"", OPERATOR));
      }
      assertRefused(raw("PATCH", "/acme/issuers/idp", secret, OPERATOR));
      assertRefused(raw("PATCH", "/acme/accounts/shop", "{" + secret + "}", OPERATOR));
      assertRefused(call("POST", "/acme/keys", new JsonObject().put("role", secret), OPERATOR));
      assertRefused(call("GET", "/acme/keys", null, secret + "x"));
      assertRefused(get(base() + "/acme/keys?after=" + encoded(secret), secret + "x"));
      assertRefused(
          send(
              HttpRequest.newBuilder(URI.create(base() + "/acme/keys"))
                  .header("Authorization", "Basic " + secret)));
    }
    return List.of(key, turned, last, destination);
  }

  private static void assertRefused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as("%s %s", answer.uri(), answer.body()).isBetween(400, 499);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** A key that is no key takes the place of the good one while the node runs. */
  private void brokenTls(Certificates.Made tls) throws Exception {
    Path file = dir.resolve("management.key");
    List<String> lines = new ArrayList<>(tls.keyPem().lines().toList());
    Files.writeString(file, String.join("\n", lines.subList(0, lines.size() / 2)) + "\n");
    until(() -> log.stream().anyMatch(line -> line.contains("management.key")));
  }

  /** Whatever shows what is configured, or what was done. */
  private void look() throws Exception {
    for (String path :
        List.of(
            "",
            "/acme",
            "/acme/accounts",
            "/acme/accounts/shop",
            "/acme/destinations",
            "/acme/destinations/crm",
            "/acme/issuers",
            "/acme/issuers/idp",
            "/acme/keys",
            "/acme/audit?limit=500",
            "/acme/audit/export",
            "/acme/export",
            "/bolt/accounts/cafe",
            "/bolt/export")) {
      answers.add(good(call("GET", path, null, OPERATOR)));
    }
    for (String path : List.of("master-keys", "nodes", "audit?limit=500", "audit/export")) {
      answers.add(good(get("http://127.0.0.1:" + port + "/api/v1/" + path, OPERATOR)));
    }
    assertThat(answers)
        .anyMatch(body -> body.contains("\"path\":\"issuers\",\"secret\":\"changed\""));
  }

  private static String good(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as("%s %s", answer.uri(), answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String metrics() throws Exception {
    return good(
        management.send(
            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + managementPort + "/metrics"))
                .build(),
            HttpResponse.BodyHandlers.ofString()));
  }

  /** Every file of the store that is no program: what was ever written is in one of them. */
  private String disk() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(dir.resolve("s"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!Files.isExecutable(file)) {
          all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
      }
    }
    return all.toString();
  }

  private static void until(Callable<Boolean> is) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!is.call()) {
      assertThat(System.nanoTime()).as("it never came to that").isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private String base() {
    return "http://127.0.0.1:" + port + "/api/v1/tenants";
  }

  private HttpResponse<String> raw(String method, String path, String body, String key)
      throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(base() + path))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  @CanIgnoreReturnValue
  private HttpResponse<String> call(String method, String path, JsonObject body, String key)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base() + path)).header("Authorization", "Bearer " + key);
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
                "HONGYAN_MASTER_KEY", MASTER,
                "HONGYAN_TENANTS_DIR", dir.resolve("tenants").toString(),
                "CANARY_FOLDER_SECRET", FOLDER_SECRET,
                "HONGYAN_MANAGEMENT_TLS_CERTIFICATE", dir.resolve("management.crt").toString(),
                "HONGYAN_MANAGEMENT_TLS_KEY", dir.resolve("management.key").toString()));
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
