package dev.hongyan.gateway.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.reply.ReplyDesk;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.StoreOptions;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushEncoder;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import me.chanjar.weixin.common.util.crypto.WxCryptUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookDoorTest {
  private static final String TOKEN = "spamtest";
  private static final String OTHER_TOKEN = "spamtest2";
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA";
  private static final String OTHER_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba";
  private static final String APPID = "wx1234567890abcdef";
  private static final Pattern FIELD = Pattern.compile("<(\\w+)>(?:<!\\[CDATA\\[)?([^<\\]]+)");

  /** The real clock, pushed on by the test of slow bodies. */
  private static final AtomicLong AHEAD_NANOS = new AtomicLong();

  private static final Queue<Runnable> SWEEPS = new ConcurrentLinkedQueue<>();

  private static GatewayFixture node;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() {
    Clock clock =
        new Clock() {
          @Override
          public long wallMillis() {
            return System.currentTimeMillis();
          }

          @Override
          public long nanos() {
            return System.nanoTime() + AHEAD_NANOS.get();
          }
        };
    ReplayMemory replays = new ReplayMemory(clock);
    AtomicLong ids = new AtomicLong(1000);
    node =
        GatewayFixture.start(
            SessionLimits.DEFAULT,
            (here, loop) -> {
              Context context = loop.context();
              Timers sweepsByHand =
                  new Timers() {
                    @Override
                    public Cancellable after(Duration delay, Runnable task) {
                      throw new UnsupportedOperationException();
                    }

                    @Override
                    public Cancellable every(Duration period, Runnable task) {
                      SWEEPS.add(() -> context.runOnContext(v -> task.run()));
                      return () -> {};
                    }
                  };
              return List.of(
                  new WebhookDoor(
                      here.tenants().directory(),
                      Intake.intoTheLog(loop.appender()),
                      replays,
                      loop.envelopes(),
                      ids::incrementAndGet,
                      here.metrics(),
                      clock,
                      sweepsByHand,
                      loop.replies(),
                      Tracing.off()));
            });
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void accounts() {
    put("shop", "mp", "encrypted");
    put("plain", "mp", "plain");
    put("both", "mini", "compatible");
    put("platform", "open", "encrypted");
  }

  private static void put(String id, String kind, String mode) {
    if (node.tenants().directory().find("acme", id) == null) {
      JsonObject account =
          new JsonObject()
              .put("id", id)
              .put("kind", kind)
              .put("appId", APPID)
              .put("token", TOKEN)
              .put("mode", mode);
      if (!mode.equals("plain")) {
        account.put("encodingAesKey", KEY);
      }
      RedisFixture.await(node.tenants().createAccount("acme", account));
    }
  }

  @Test
  void anEncryptedPushIsInTheLogWhenItIsAnswered() throws Exception {
    EncodedPush push = encoded(SecurityMode.ENCRYPTED, text("hello", "openid-a"));
    long before = head();
    HttpResponse<String> answer = post("/wx/acme/shop", push);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("success");
    assertThat(answer.headers().firstValue("content-type")).contains("text/plain");
    LogEntry entry = entry(before + 1);
    assertThat(entry.topic()).isEqualTo("wx.mp.message.text");
    JsonObject event = new JsonObject(new String(entry.event(), StandardCharsets.UTF_8));
    assertThat(event.getString("subject")).isEqualTo("openid-a");
    assertThat(event.getString("wxappid")).isEqualTo(APPID);
    assertThat(event.getString("source")).isEqualTo("/tenants/acme/accounts/shop");
    assertThat(event.getJsonObject("data").getString("Content")).isEqualTo("hello");
  }

  @Test
  void aPushThatWxJavaEncryptedIsAccepted() throws Exception {
    String sealed = new WxCryptUtil(TOKEN, KEY, APPID).encrypt(text("from WxJava", "openid-wx"));
    Map<String, String> f = fields(sealed);
    String query =
        "encrypt_type=aes&timestamp=%s&nonce=%s&msg_signature=%s&signature=unused"
            .formatted(f.get("TimeStamp"), f.get("Nonce"), f.get("MsgSignature"));
    long before = head();
    HttpResponse<String> answer =
        post(
            "/wx/acme/shop?" + query,
            "<xml><ToUserName>gh_1</ToUserName><Encrypt>" + f.get("Encrypt") + "</Encrypt></xml>");
    assertThat(answer.body()).isEqualTo("success");
    assertThat(new String(entry(before + 1).event(), StandardCharsets.UTF_8))
        .contains("from WxJava");
  }

  @Test
  void plainCompatibleAndAuthorizersPushesAreAccepted() throws Exception {
    long before = head();
    assertThat(post("/wx/acme/plain", encoded(SecurityMode.PLAIN, text("p", "o-1"))).body())
        .isEqualTo("success");
    assertThat(post("/wx/acme/both", encoded(SecurityMode.COMPATIBLE, text("c", "o-2"))).body())
        .isEqualTo("success");
    assertThat(
            post(
                    "/wx/acme/platform/authorizers/wxaaaaaaaaaaaaaaaa",
                    encoded(SecurityMode.ENCRYPTED, text("a", "o-3")))
                .body())
        .isEqualTo("success");
    assertThat(List.of(entry(before + 1).topic(), entry(before + 2).topic()))
        .containsExactly("wx.mp.message.text", "wx.mini.message.text");
    assertThat(new String(entry(before + 3).event(), StandardCharsets.UTF_8))
        .contains("\"wxappid\":\"wxaaaaaaaaaaaaaaaa\"");
  }

  @Test
  void theUrlIsVerifiedWithTheEchoAlone() throws Exception {
    String ts = Long.toString(System.currentTimeMillis() / 1000);
    String signature = Signatures.sha1Hex(TOKEN, ts, "n1");
    String right = "/wx/acme/shop?timestamp=" + ts + "&nonce=n1&echostr=123456&signature=";
    HttpResponse<String> answer = get(right + signature);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("123456");
    assertRefused("signature", () -> get(right + "0".repeat(40)));
    assertRefused("query", () -> get("/wx/acme/shop"));
  }

  @Test
  void threeIdenticalPushesAtTheSameMomentAppendOnce() throws Exception {
    for (int round = 0; round < 20; round++) {
      String message = text("same " + round, "openid-same");
      long before = head();
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        // As WeChat repeats it: another nonce and ciphertext, another connection.
        EncodedPush push = encoded(SecurityMode.ENCRYPTED, message);
        answers.add(
            HttpClient.newHttpClient()
                .sendAsync(
                    request("/wx/acme/shop?" + push.query(), push.body()),
                    HttpResponse.BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        assertThat(answer.get().body()).isEqualTo("success");
      }
      assertThat(head()).isEqualTo(before + 1);
    }
  }

  @Test
  void whileTheStoreIsAwayWeChatIsToldToComeAgain() throws Exception {
    Vertx vertx = node.redis().vertx();
    HttpServer server = vertx.createHttpServer();
    RedisLink away =
        RedisLink.open(vertx, StoreOptions.of(List.of("redis://127.0.0.1:1"), node.redis().dir()));
    WebhookDoor door =
        new WebhookDoor(
            node.tenants().directory(),
            Intake.intoTheLog(
                new LogAppender(
                    away,
                    Clock.system(),
                    () -> "e1",
                    task -> vertx.runOnContext(v -> task.run()),
                    () -> false,
                    entries -> {})),
            new ReplayMemory(Clock.system()),
            new EnvelopeWriter(() -> 1),
            () -> 1,
            node.metrics(),
            Clock.system(),
            new ManualTime(0),
            new ReplyDesk(node.replies(), Runnable::run, new ManualTime(0), () -> new byte[16]),
            Tracing.off());
    int port =
        RedisFixture.await(server.requestHandler(door::handle).listen(0, "127.0.0.1")).actualPort();
    EncodedPush push = encoded(SecurityMode.PLAIN, text("later", "o"));
    URI there = URI.create("http://127.0.0.1:" + port + "/wx/acme/plain?" + push.query());
    HttpRequest request =
        HttpRequest.newBuilder(there)
            .POST(HttpRequest.BodyPublishers.ofByteArray(push.body()))
            .build();
    // Twice: what was not durable must not be remembered as a replay.
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).isEqualTo("unavailable");
    }
    RedisFixture.await(server.close());
    RedisFixture.await(away.close());
  }

  @Test
  void aPlainSignatureIsGoodForOneMessage() throws Exception {
    EncodedPush push = encoded(SecurityMode.PLAIN, text("mine", "openid-p"));
    assertThat(post("/wx/acme/plain", push).body()).isEqualTo("success");
    long before = head();
    HttpResponse<String> forged =
        post("/wx/acme/plain?" + push.query(), text("forged", "openid-p"));
    assertThat(forged.body()).isEqualTo("success");
    assertThat(head()).isEqualTo(before);
  }

  @Test
  void aChangedKeyCountsAtOnceAndTheFormerStaysGood() throws Exception {
    put("turning", "mp", "encrypted");
    EncodedPush old = encoded(SecurityMode.ENCRYPTED, text("old key", "o"));
    EncodedPush fresh = encoded(OTHER_KEY, SecurityMode.ENCRYPTED, text("new key", "o"));
    assertRefused("padding", () -> post("/wx/acme/turning", fresh), "decrypt", "layout");
    JsonObject patch = new JsonObject().put("encodingAesKey", OTHER_KEY);
    RedisFixture.await(node.tenants().patchAccount("acme", "turning", patch));
    assertThat(post("/wx/acme/turning", fresh).body()).isEqualTo("success");
    assertThat(post("/wx/acme/turning", old).body()).isEqualTo("success");
    RedisFixture.await(node.tenants().deleteAccount("acme", "turning"));
    assertRefused("account", () -> post("/wx/acme/turning", fresh));
  }

  @Test
  void whatTheFormerTokenAndKeySealedIsTakenUntilTheyAreForgotten() throws Exception {
    put("overlap", "mp", "encrypted");
    String to = "/wx/acme/overlap";
    JsonObject turn = new JsonObject().put("token", OTHER_TOKEN).put("encodingAesKey", OTHER_KEY);
    RedisFixture.await(node.tenants().patchAccount("acme", "overlap", turn));
    long before = head();
    // WeChat changes both at once, but pushes of a moment ago are still on their way.
    for (String token : List.of(TOKEN, OTHER_TOKEN)) {
      for (String key : List.of(KEY, OTHER_KEY)) {
        assertThat(post(to, encoded(token, key, text(token + key, "o"))).body())
            .isEqualTo("success");
      }
    }
    assertThat(head()).isEqualTo(before + 4);
    assertThat(get(to + "?" + echo(TOKEN)).body()).isEqualTo("123456");

    JsonObject noToken = new JsonObject().putNull("previousToken");
    RedisFixture.await(node.tenants().patchAccount("acme", "overlap", noToken));
    for (String key : List.of(KEY, OTHER_KEY)) {
      assertRefused("signature", () -> post(to, encoded(TOKEN, key, text("late", "o"))));
    }
    assertRefused("signature", () -> get(to + "?" + echo(TOKEN)));
    assertThat(post(to, encoded(OTHER_TOKEN, KEY, text("key stays", "o"))).body())
        .isEqualTo("success");

    JsonObject noKey = new JsonObject().putNull("previousEncodingAesKey");
    RedisFixture.await(node.tenants().patchAccount("acme", "overlap", noKey));
    assertRefused(
        "padding",
        () -> post(to, encoded(OTHER_TOKEN, KEY, text("late", "o"))),
        "decrypt",
        "layout");
    assertThat(post(to, encoded(OTHER_TOKEN, OTHER_KEY, text("new", "o"))).body())
        .isEqualTo("success");
    assertThat(get(to + "?" + echo(OTHER_TOKEN)).body()).isEqualTo("123456");
    assertThat(head()).isEqualTo(before + 6);
  }

  private static String echo(String token) {
    String ts = Long.toString(System.currentTimeMillis() / 1000);
    return "timestamp=%s&nonce=n1&echostr=123456&signature=%s"
        .formatted(ts, Signatures.sha1Hex(token, ts, "n1"));
  }

  @Test
  void whoeverIsNobodyLooksLikeEverybodyElse() throws Exception {
    EncodedPush push = encoded(SecurityMode.ENCRYPTED, text("x", "o"));
    assertRefused("tenant", () -> post("/wx/nobody/shop", push));
    assertRefused("account", () -> post("/wx/acme/nothing", push));
    assertRefused("path", () -> post("/wx/acme", push));
    assertRefused("path", () -> post("/wx/acme/shop/authorizers/wx1", push));
    assertRefused("path", () -> post("/wx/ACME/..%2f", push));
    assertRefused("method", () -> send("PUT", "/wx/acme/shop", "x"));
    assertRefused("method", () -> send("DELETE", "/wx/acme/shop", ""));
    JsonObject off = new JsonObject().put("suspended", true);
    RedisFixture.await(node.tenants().patch("bolt", off));
    assertRefused("suspended", () -> post("/wx/bolt/shop", push));
  }

  @Test
  void hostileRequestsAreRefusedByStage() throws Exception {
    EncodedPush good = encoded(SecurityMode.ENCRYPTED, text("x", "o"));
    String body = new String(good.body(), StandardCharsets.UTF_8);
    assertRefused("query", () -> post("/wx/acme/shop", body));
    assertRefused("query", () -> post("/wx/acme/shop?" + good.query() + "&nonce=2", body));
    assertRefused("query", () -> post("/wx/acme/shop?" + good.query() + "&openid=%00", body));
    EncodedPush plain = encoded(SecurityMode.PLAIN, text("downgrade", "o"));
    assertRefused("mode", () -> post("/wx/acme/shop", plain));
    assertRefused(
        "signature",
        () ->
            post(
                "/wx/acme/shop?"
                    + good.query().replaceAll("msg_signature=[0-9a-f]{4}", "msg_signature=0000"),
                body));
    assertRefused("envelope", () -> post("/wx/acme/shop?" + good.query(), ""));
    String doctype = "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    assertRefused("xml", () -> post("/wx/acme/shop?" + good.query(), doctype + "<xml>&a;</xml>"));
    String laughs =
        "<!DOCTYPE lolz [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;&l;\">]><xml>&m;</xml>";
    assertRefused("xml", () -> post("/wx/acme/shop?" + good.query(), laughs));
    assertRefused("xml", () -> post("/wx/acme/shop", sealed(doctype + "<xml/>")));
    String deep = "<a>".repeat(5000) + "</a>".repeat(5000);
    assertRefused("xml", () -> post("/wx/acme/shop", sealed(deep)));
    assertRefused("json", () -> post("/wx/acme/shop", sealed("{\"a\":".repeat(5000))));
    byte[] badUtf8 = text("?", "o").getBytes(StandardCharsets.UTF_8);
    badUtf8[new String(badUtf8, StandardCharsets.US_ASCII).indexOf("[?]") + 1] = (byte) 0xff;
    assertRefused("xml", () -> post("/wx/acme/shop", sealed(badUtf8)));
  }

  @Test
  void aBodyOverTheLimitIsRefusedAtOnceAndWhileItStreams() throws Exception {
    assertRefused("size", () -> post("/wx/acme/shop?nonce=1", "x".repeat(2 << 20)));
    HttpRequest unannounced =
        HttpRequest.newBuilder(uri("/wx/acme/shop?nonce=1"))
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofByteArray(new byte[2 << 20])))
            .build();
    assertRefused("size", () -> HTTP.send(unannounced, HttpResponse.BodyHandlers.ofString()));
  }

  @Test
  void aDrippingBodyIsEndedAndItsConnectionToo() throws Exception {
    long before = refusals("slow");
    try (Socket socket = new Socket("127.0.0.1", node.port())) {
      // A whole request first: its answer shows that the connection is served.
      write(socket, "GET /wx/acme/shop HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(head(socket)).contains("403");
      write(socket, "POST /wx/acme/shop?nonce=1 HTTP/1.1\r\nHost: a\r\n");
      write(socket, "Content-Length: 100\r\n\r\nab");
      AHEAD_NANOS.addAndGet(WebhookDoor.BODY_WITHIN.toNanos() + 1);
      String rest = "";
      // The request may arrive after a sweep, so time moves on until it was swept.
      while (rest.isEmpty()) {
        SWEEPS.forEach(Runnable::run);
        AHEAD_NANOS.addAndGet(WebhookDoor.BODY_WITHIN.toNanos() + 1);
        socket.setSoTimeout(50);
        try {
          int first = socket.getInputStream().read();
          socket.setSoTimeout(10_000);
          rest =
              (char) first
                  + new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (java.net.SocketTimeoutException notYet) {
          continue;
        }
      }
      assertThat(rest).startsWith("HTTP/1.1 403").endsWith("refused");
    }
    assertThat(refusals("slow")).isEqualTo(before + 1);
  }

  private interface Sending {
    HttpResponse<String> send() throws Exception;
  }

  /** Counted under one of the stages inside, the same for every stage outside. */
  private static void assertRefused(String stage, Sending sending, String... orStages)
      throws Exception {
    List<String> stages = new ArrayList<>(List.of(orStages));
    stages.add(stage);
    long before = stages.stream().mapToLong(WebhookDoorTest::refusals).sum();
    HttpResponse<String> answer = sending.send();
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).isEqualTo("refused");
    assertThat(answer.headers().map().keySet())
        .containsExactlyInAnyOrder("content-type", "content-length");
    assertThat(stages.stream().mapToLong(WebhookDoorTest::refusals).sum())
        .as(stage)
        .isEqualTo(before + 1);
  }

  private static long refusals(String stage) {
    return node.metrics().tally(Series.PUSHES_REFUSED, stage).count();
  }

  private static String text(String content, String openid) {
    return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"
            .formatted(openid)
        + "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        + "<Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>"
            .formatted(content, ThreadLocalRandom.current().nextLong(1L << 62));
  }

  private static EncodedPush encoded(SecurityMode mode, String inner) {
    return encoded(KEY, mode, inner);
  }

  private static EncodedPush encoded(String key, SecurityMode mode, String inner) {
    return encode(TOKEN, key, mode, inner.getBytes(StandardCharsets.UTF_8));
  }

  private static EncodedPush encoded(String token, String key, String inner) {
    return encode(token, key, SecurityMode.ENCRYPTED, inner.getBytes(StandardCharsets.UTF_8));
  }

  private static EncodedPush encode(String token, String key, SecurityMode mode, byte[] inner) {
    byte[] random = new byte[16];
    ThreadLocalRandom.current().nextBytes(random);
    PushAccount account =
        PushAccount.builder(Product.MP, APPID, token)
            .key(EncodingAesKey.parse(key))
            .mode(mode)
            .build();
    return new PushEncoder()
        .push(
            account,
            inner,
            null,
            System.currentTimeMillis() / 1000,
            Long.toString(ThreadLocalRandom.current().nextLong(1L << 40)),
            random);
  }

  private static EncodedPush sealed(String inner) {
    return sealed(inner.getBytes(StandardCharsets.UTF_8));
  }

  /** Sealed and signed as it should be, whatever is inside. */
  private static EncodedPush sealed(byte[] inner) {
    String encrypt =
        new MessageCipher().encrypt(EncodingAesKey.parse(KEY), inner, APPID, new byte[16]);
    String ts = Long.toString(System.currentTimeMillis() / 1000);
    String signature = Signatures.sha1Hex(TOKEN, ts, "n1", encrypt);
    return new EncodedPush(
        "encrypt_type=aes&nonce=n1&timestamp=" + ts + "&msg_signature=" + signature,
        ("<xml><Encrypt>" + encrypt + "</Encrypt></xml>").getBytes(StandardCharsets.UTF_8),
        "text/xml");
  }

  private static Map<String, String> fields(String xml) {
    Map<String, String> found = new java.util.HashMap<>();
    Matcher m = FIELD.matcher(xml);
    while (m.find()) {
      found.put(m.group(1), m.group(2));
    }
    return found;
  }

  private static long head() {
    LogHead head = RedisFixture.await(node.log().head("acme"));
    return head.seq();
  }

  private static LogEntry entry(long seq) {
    String epoch = RedisFixture.await(node.log().head("acme")).epoch();
    return RedisFixture.await(node.log().read("acme", epoch, seq, 1)).get(0);
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + node.port() + path);
  }

  private static HttpRequest request(String path, byte[] body) {
    return HttpRequest.newBuilder(uri(path))
        .timeout(Duration.ofSeconds(15))
        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        .build();
  }

  private static HttpResponse<String> post(String path, EncodedPush push) throws Exception {
    return HTTP.send(
        request(path + "?" + push.query(), push.body()), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return HTTP.send(
        request(path, body.getBytes(StandardCharsets.UTF_8)), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> send(String method, String path, String body)
      throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(uri(path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  /** Reads one answer whose body is {@code refused}. */
  private static String head(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder all = new StringBuilder();
    while (all.indexOf("refused") < 0) {
      all.append((char) in.read());
    }
    return all.toString();
  }
}
