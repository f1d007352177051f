package dev.hongyan.gateway.reply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.session.SessionLimits;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.gateway.webhook.ReplayMemory;
import dev.hongyan.gateway.webhook.WebhookDoor;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.Answered;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.push.SecurityMode;
import dev.hongyan.wechat.xml.XmlReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import me.chanjar.weixin.common.util.crypto.WxCryptUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * From WeChat's request to its answer, over real sockets and a real Redis. Budgets are long where
 * an answer is to come in time and the answer is given when the push was seen, so no clock decides.
 */
class RepliesTest {
  private static final String TOKEN = "spamtest";
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA";
  private static final SimulatedUser USER = new SimulatedUser("oABCDEFGHIJKLMNOPQRSTUVWXYZ1");

  /** Three tries take 6 s, so that a busy machine has time for an answer. */
  private static final ReplyTiming FAST =
      new ReplyTiming(Duration.ofMillis(1_500), Duration.ofSeconds(2), Duration.ofSeconds(5));

  private static GatewayFixture node;
  private static WeChatSimulator wechat;
  private static HttpServer crm;
  private static final AtomicInteger CALLED = new AtomicInteger();

  @BeforeAll
  static void start() {
    ReplayMemory memory = new ReplayMemory(Clock.system());
    node =
        GatewayFixture.start(
            SessionLimits.DEFAULT,
            (here, loop) ->
                List.of(
                    new WebhookDoor(
                        here.tenants().directory(),
                        Intake.intoTheLog(loop.appender()),
                        memory,
                        loop.envelopes(),
                        here.ids(),
                        here.metrics(),
                        Clock.system(),
                        loop.timers(),
                        loop.replies(),
                        Tracing.off())),
            FAST);
    wechat =
        new WeChatSimulator(
            node.redis().vertx(),
            Clock.system(),
            new VertxTimers(node.redis().vertx()),
            7,
            DeliveryOptions.wechat()
                .withTimes(FAST.tryEvery(), Duration.ZERO)
                .withMarkFail(1_000, Duration.ofMillis(1)));
    crm =
        RedisFixture.await(
            node.redis()
                .vertx()
                .createHttpServer()
                .requestHandler(
                    r ->
                        r.body()
                            .onSuccess(
                                body -> {
                                  CALLED.incrementAndGet();
                                  var unused = r.response().end(answerOfCrm(body));
                                }))
                .listen(0, "127.0.0.1"));
    RedisFixture.await(
        node.tenants()
            .routing()
            .createDestination(
                "acme",
                new JsonObject()
                    .put("id", "crm")
                    .put("url", "http://127.0.0.1:" + crm.actualPort() + "/in")));
    route("people", "wx.mp.message.text", new JsonObject().put("subscription", "desk"));
    route("mini", "wx.mini.message.text", new JsonObject().put("subscription", "desk"));
    route(
        "automatic",
        "wx.mp.message.link",
        new JsonObject()
            .put("handler", "reply")
            .put(
                "with",
                new JsonObject()
                    .put(
                        "message",
                        new JsonObject().put("type", "text").put("content", "at {{data.Url}}"))));
    route("machine", "wx.mp.message.image", new JsonObject().put("destination", "crm"));
  }

  private static String answerOfCrm(Buffer body) {
    String picture = body.toJsonObject().getJsonObject("data").getString("PicUrl");
    return new JsonObject()
        .put("reply", new JsonObject().put("type", "text").put("content", "seen " + picture))
        .encode();
  }

  private static void route(String id, String match, JsonObject to) {
    RedisFixture.await(
        node.tenants()
            .routing()
            .createRoute(
                "acme",
                new JsonObject()
                    .put("id", id)
                    .put("match", match)
                    .put("to", to)
                    .put("reply", true)));
  }

  @AfterAll
  static void stop() {
    RedisFixture.await(wechat.close());
    RedisFixture.await(crm.close());
    node.close();
  }

  /** An account of ours that the simulator pushes for. */
  private static PushLine account(String id, Product product, SecurityMode mode) {
    String appId = "wx" + "0".repeat(16 - id.length()) + id;
    JsonObject account =
        new JsonObject()
            .put("id", id)
            .put("kind", product.name().toLowerCase(Locale.ROOT))
            .put("appId", appId)
            .put("token", TOKEN)
            .put("mode", mode.name().toLowerCase(Locale.ROOT));
    if (mode != SecurityMode.PLAIN) {
      account.put("encodingAesKey", KEY);
    }
    RedisFixture.await(node.tenants().createAccount("acme", account));
    SimulatedAccount.Builder simulated =
        SimulatedAccount.builder(
                product,
                appId,
                TOKEN,
                URI.create("http://127.0.0.1:" + node.port() + "/wx/acme/" + id))
            .mode(mode);
    if (mode != SecurityMode.PLAIN) {
      simulated.encodingAesKey(KEY);
    }
    return wechat.register(simulated.build());
  }

  private static WsClient listening(String client) {
    WsClient ws = node.connect("acme", client);
    ws.subscribe("desk-" + client, "live", null, "wx.#");
    ws.expect("subscribed");
    return ws;
  }

  private static String seen(WsClient ws) {
    return ws.messages(1).get(0).getJsonObject("event").getString("id");
  }

  @CanIgnoreReturnValue
  private static WsClient reply(WsClient ws, String id, String content) {
    return ws.send(
        new JsonObject()
            .put("op", "reply")
            .put("id", id)
            .put("message", new JsonObject().put("type", "text").put("content", content)));
  }

  private static PushResult await(Future<PushResult> push) {
    return RedisFixture.await(push);
  }

  @Test
  @Rule("R1")
  void theAnswerOfAClientIsWeChatsAnswerSealedLikeThePush() {
    PushLine line = account("sealed1", Product.MP, SecurityMode.ENCRYPTED);
    try (WsClient ws = listening("r1")) {
      Future<PushResult> push = line.push(USER, Messages.text("你好"));
      String id = seen(ws);
      reply(ws, id, "]]> 再见");
      JsonObject replied = ws.expect("replied");
      PushResult result = await(push);
      assertThat(result.answered()).isEqualTo(Answered.REPLY);
      assertThat(result.reply().encrypted()).isTrue();
      assertThat(result.reply().fields().getString("Content")).isEqualTo("]]> 再见");
      assertThat(replied.getString("id")).isEqualTo(id);
      assertThat(replied.getString("how")).isEqualTo("passive");
    }
  }

  @Test
  void aPlainPushIsAnsweredInTheClear() {
    PushLine line = account("plain1", Product.MP, SecurityMode.PLAIN);
    try (WsClient ws = listening("plain")) {
      Future<PushResult> push = line.push(USER, Messages.text("hi"));
      reply(ws, seen(ws), "there");
      PushResult result = await(push);
      assertThat(result.reply().encrypted()).isFalse();
      assertThat(result.reply().fields().getString("Content")).isEqualTo("there");
    }
  }

  @Test
  void anAnswerAfterTheFirstTryGoesIntoALaterOneAndThePushIsInTheLogOnce() {
    PushLine line = account("later1", Product.MP, SecurityMode.ENCRYPTED);
    try (WsClient ws = listening("later")) {
      long repeats = node.metrics().tally(Series.PUSHES_DUPLICATE).count();
      Future<PushResult> push = line.push(USER, Messages.text("slow"));
      String id = seen(ws);
      GatewayFixture.eventually(
          () -> node.metrics().tally(Series.PUSHES_DUPLICATE).count() > repeats);
      reply(ws, id, "here");
      assertThat(ws.expect("replied").getString("how")).isEqualTo("passive");
      PushResult result = await(push);
      assertThat(result.answered()).isEqualTo(Answered.REPLY);
      assertThat(result.attempts()).hasSizeBetween(2, 3);
      assertThat(ws.isQuiet()).isTrue();
    }
  }

  @Test
  @Rule("R2")
  void withoutAnAnswerTheThirdTryIsAnsweredAndALateAnswerBecomesAMessageOfItsOwn() {
    PushLine line = account("late1", Product.MP, SecurityMode.ENCRYPTED);
    try (WsClient ws = listening("r2")) {
      Future<PushResult> push = line.push(USER, Messages.text("anybody?"));
      String id = seen(ws);
      PushResult result = await(push);
      assertThat(result.answered()).isEqualTo(Answered.SUCCESS);
      assertThat(result.attempts()).hasSize(3);
      reply(ws, id, "sorry");
      assertThat(ws.expect("replied").getString("how")).isEqualTo("customer-service");
      JsonObject sent =
          node.late().stream()
              .filter(m -> m.getString("account").equals("late1"))
              .findFirst()
              .orElseThrow();
      assertThat(sent.getString("key")).isEqualTo("reply-" + id);
      assertThat(sent.getJsonObject("message").getString("touser")).isEqualTo(USER.openid());
      reply(ws, id, "again");
      assertThat(ws.expect("replied").getString("how")).isEqualTo("too-late");
    }
  }

  @Test
  void aDestinationAnswersWithItsBody() {
    PushLine line = account("crm1", Product.MP, SecurityMode.ENCRYPTED);
    PushResult result = await(line.push(USER, Messages.image()));
    assertThat(result.answered()).isEqualTo(Answered.REPLY);
    assertThat(result.reply().fields().getString("Content")).startsWith("seen ");
  }

  @Test
  void aHandlerAnswersByItself() {
    PushLine line = account("auto1", Product.MP, SecurityMode.ENCRYPTED);
    PushResult result = await(line.push(USER, Messages.link("a", "b", "https://example.com/1")));
    assertThat(result.answered()).isEqualTo(Answered.REPLY);
    assertThat(result.reply().fields().getString("Content"))
        .startsWith("at ")
        .hasSizeGreaterThan(3);
  }

  @Test
  void fiveIdenticalPushesRunTheDestinationOnceAndGetItsAnswer() {
    PushLine line = account("five1", Product.MP, SecurityMode.ENCRYPTED);
    SimulatedPush push = line.composer().compose(USER, Messages.image());
    int before = CALLED.get();
    List<Future<PushResult>> five = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      five.add(line.push(push));
    }
    for (Future<PushResult> each : five) {
      assertThat(await(each).answered()).isEqualTo(Answered.REPLY);
    }
    assertThat(CALLED.get()).isEqualTo(before + 1);
  }

  @Test
  void wxJavaOpensTheReplyToWhatItSealed() throws Exception {
    PushLine line = account("wxjava1", Product.MP, SecurityMode.ENCRYPTED);
    WxCryptUtil wxJava = new WxCryptUtil(TOKEN, KEY, line.account().appId());
    Document sealed =
        document(
            wxJava.encrypt(
                "<xml><ToUserName>gh_1</ToUserName><FromUserName>oWxJava</FromUserName>"
                    + "<CreateTime>1700000000</CreateTime><MsgType>text</MsgType>"
                    + "<Content>hi</Content><MsgId>77</MsgId></xml>"));
    String query =
        "encrypt_type=aes&timestamp=%s&nonce=%s&msg_signature=%s"
            .formatted(sealed.text("TimeStamp"), sealed.text("Nonce"), sealed.text("MsgSignature"));
    URI url = URI.create("http://127.0.0.1:" + node.port() + "/wx/acme/wxjava1?" + query);
    String body = "<xml><Encrypt>" + sealed.text("Encrypt") + "</Encrypt></xml>";
    try (WsClient ws = listening("wxjava")) {
      CompletableFuture<HttpResponse<String>> push =
          HttpClient.newHttpClient()
              .sendAsync(
                  HttpRequest.newBuilder(url)
                      .POST(HttpRequest.BodyPublishers.ofString(body))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      reply(ws, seen(ws), "再见");
      HttpResponse<String> answer = push.get(15, TimeUnit.SECONDS);
      assertThat(answer.headers().firstValue("content-type")).contains("text/xml; charset=utf-8");
      Document envelope = document(answer.body());
      String opened =
          wxJava.decryptXml(
              envelope.text("MsgSignature"),
              envelope.text("TimeStamp"),
              envelope.text("Nonce"),
              answer.body());
      Document reply = document(opened);
      assertThat(reply.text("ToUserName")).isEqualTo("oWxJava");
      assertThat(reply.text("FromUserName")).isEqualTo("gh_1");
      assertThat(reply.text("Content")).isEqualTo("再见");
    }
  }

  private static Document document(String xml) throws Exception {
    return XmlReader.parse(xml.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aMiniProgramIsAnsweredSuccessAndItsUserByAMessage() {
    PushLine line = account("mini1", Product.MINI, SecurityMode.ENCRYPTED);
    try (WsClient ws = listening("mini")) {
      Future<PushResult> push = line.push(USER, Messages.text("hi"));
      reply(ws, seen(ws), "there");
      assertThat(ws.expect("replied").getString("how")).isEqualTo("customer-service");
      assertThat(await(push).answered()).isEqualTo(Answered.SUCCESS);
    }
  }

  @Test
  void anAnswerGivenInAnotherProcessReachesTheRequest() {
    PushLine line = account("other1", Product.MP, SecurityMode.ENCRYPTED);
    Replies other =
        new Replies(
            new Replies.Parts(
                "other",
                Clock.system(),
                new VertxTimers(node.redis().vertx()),
                node.tenants().directory()::find,
                LateAnswers.NONE,
                () -> true,
                FAST,
                new Metrics()),
            node.redis().link());
    try (WsClient ws = listening("other")) {
      Future<PushResult> push = line.push(USER, Messages.text("hi"));
      long id = Long.parseLong(seen(ws));
      Question question = node.replies().question("acme", id);
      Future<How> how = other.answer(question, message("from afar"));
      PushResult result = await(push);
      assertThat(result.answered()).isEqualTo(Answered.REPLY);
      assertThat(result.reply().fields().getString("Content")).isEqualTo("from afar");
      assertThat(RedisFixture.await(how)).isEqualTo(How.PASSIVE);
    }
  }

  private static JsonNode message(String content) {
    return new ObjectMapper().createObjectNode().put("type", "text").put("content", content);
  }

  @Test
  @Rule("R3")
  void whatNoRouteWaitsForOrWhatIsUnknownIsNotRepliable() {
    PushLine line = account("none1", Product.MP, SecurityMode.ENCRYPTED);
    try (WsClient ws = listening("r3")) {
      Future<PushResult> push =
          line.push(USER, Messages.location(BigDecimal.ONE, BigDecimal.TEN, "here"));
      String id = seen(ws);
      assertThat(await(push).answered()).isEqualTo(Answered.SUCCESS);
      reply(ws, id, "hi");
      assertThat(ws.expect("error").getString("code")).isEqualTo("not-repliable");
      for (String unknown : List.of("12345", "x", "-1", "99999999999999999999")) {
        reply(ws, unknown, "hi");
        assertThat(ws.expect("error").getString("code")).isEqualTo("not-repliable");
      }
      ws.send(new JsonObject().put("op", "reply").put("id", id));
      assertThat(ws.expect("error").getString("code")).isEqualTo("bad-field");
    }
  }

  @Test
  @Rule("R4")
  void aClientAnswersOnlyWhatItsTokenLetsItSee() {
    PushLine line = account("hidden1", Product.MP, SecurityMode.ENCRYPTED);
    String narrow =
        node.tokens()
            .mint("acme", "narrow", List.of("app.#"), List.of(), Duration.ofHours(1))
            .reveal();
    try (WsClient ws = listening("r4");
        WsClient blind = node.open(narrow)) {
      blind.send(new JsonObject().put("op", "hello").put("client", "blind"));
      blind.expect("welcome");
      Future<PushResult> push = line.push(USER, Messages.text("secret"));
      String id = seen(ws);
      reply(blind, id, "mine");
      assertThat(blind.expect("error").getString("code")).isEqualTo("forbidden-topic");
      reply(ws, id, "ours");
      assertThat(await(push).reply().fields().getString("Content")).isEqualTo("ours");
    }
  }
}
