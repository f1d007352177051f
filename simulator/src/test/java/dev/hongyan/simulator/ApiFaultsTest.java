package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.Fault;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.wechat.Product;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong when it is told to, what is counted, and the admin endpoint. */
class ApiFaultsTest {
  private static final String IPS = "/cgi-bin/getcallbackip";
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(Product.MP);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private String ips() throws Exception {
    return IPS + "?access_token=" + desk.token();
  }

  @Test
  void anErrcodeComesAsOftenAsItIsTold() throws Exception {
    long id = desk.api.faults().add(Fault.errcode(IPS, -1).times(2));
    assertThat(desk.get(ips()).getString("errmsg")).startsWith("system error rid: ");
    assertThat(desk.errcode(ips())).isEqualTo(-1);
    assertThat(desk.errcode(ips())).isZero();
    assertThat(desk.api.faults().hits(id)).isEqualTo(2);
    assertThat(desk.api.calls().answered(-1)).isEqualTo(2);
  }

  @Test
  void aFaultMayConcernOneAccountOnlyOrSomeCallsOrManyPaths() throws Exception {
    desk.api.faults().add(Fault.errcode("*", -1).onlyFor("wx2222222222222222"));
    assertThat(desk.errcode(ips())).isZero();
    desk.api.faults().clear();
    long id = desk.api.faults().add(Fault.errcode("/cgi-bin/get*", 45011).chance(0.5));
    int failed = 0;
    for (int i = 0; i < 100; i++) {
      failed += desk.errcode(ips()) == 45011 ? 1 : 0;
    }
    assertThat(failed).isBetween(25, 75);
    assertThat(desk.api.faults().hits(id)).isEqualTo(failed);
    assertThat(desk.api.faults().remove(id)).isTrue();
    assertThat(desk.errcode(ips())).isZero();
  }

  @Test
  void aDroppedCallWasNotDoneAndALostAnswerWas() throws Exception {
    String call = ips();
    desk.api.faults().add(Fault.drop("/cgi-bin/stable_token").times(1));
    assertThatThrownBy(() -> desk.askStable(false)).isInstanceOf(IOException.class);
    String token = desk.token();
    assertThat(call).endsWith(token);

    String old = desk.askToken().getString("access_token");
    desk.api.faults().add(Fault.loseAnswer("/cgi-bin/token"));
    // This client asks again by itself, as a GET may be.
    assertThatThrownBy(() -> desk.askToken()).isInstanceOf(IOException.class);
    desk.api.faults().clear();
    desk.api.advance(Duration.ofSeconds(301));
    assertThat(desk.judge(old)).isEqualTo(40001);
    assertThat(desk.api.calls().recent())
        .filteredOn(made -> made.status() == 0)
        .extracting("path")
        .contains("/cgi-bin/stable_token", "/cgi-bin/token");
  }

  @Test
  void aGatewaysPageIsHtml() throws Exception {
    desk.api.faults().add(Fault.page(IPS, 502));
    HttpResponse<byte[]> page = desk.send("GET", ips(), "");
    assertThat(page.statusCode()).isEqualTo(502);
    assertThat(page.headers().firstValue("content-type")).hasValue("text/html");
    assertThat(new String(page.body(), StandardCharsets.UTF_8))
        .contains("<h1>502 Bad Gateway</h1>");
  }

  @Test
  void anAnswerMayComeUnderAnotherContentType() throws Exception {
    desk.api.faults().add(Fault.relabel(IPS, "text/plain"));
    HttpResponse<byte[]> answer = desk.send("GET", ips(), "");
    assertThat(answer.headers().firstValue("content-type")).hasValue("text/plain");
    assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("ip_list");
  }

  @Test
  void aTruncatedBodyEndsWithItsConnection() throws Exception {
    String call = ips();
    desk.api.faults().add(Fault.truncate(IPS, 5));
    assertThatThrownBy(() -> desk.send("GET", call, "")).isInstanceOf(IOException.class);
  }

  @Test
  void aDelayedAnswerComesWhenItsTimeHasCome() throws Exception {
    Context context = desk.vertx.getOrCreateContext();
    ManualTime time = new ManualTime(1_790_000_000_000L);
    Promise<Void> waiting = Promise.promise();
    Promise<WeChatSimulator> made = Promise.promise();
    context.runOnContext(
        ignored ->
            made.complete(
                new WeChatSimulator(
                    desk.vertx, time, new Noticing(time, waiting), 1, DeliveryOptions.wechat())));
    WeChatSimulator slow = Desk.await(made.future());
    slow.register(
        SimulatedAccount.builder(Product.MP, "wx3", "token", desk.receiver.url())
            .encodingAesKey(Desk.KEY)
            .secret("s")
            .build());
    SimulatedApi api = Desk.await(slow.serveApi(ApiOptions.local()));
    api.faults().add(Fault.delay("/cgi-bin/token", Duration.ofSeconds(3)));
    Future<Integer> status =
        desk.vertx
            .createHttpClient()
            .request(
                HttpMethod.GET,
                api.url().getPort(),
                "127.0.0.1",
                "/cgi-bin/token?grant_type=client_credential&appid=wx3&secret=s")
            .compose(request -> request.send())
            .map(response -> response.statusCode());
    Desk.await(waiting.future());
    assertThat(status.isComplete()).isFalse();
    context.runOnContext(ignored -> time.advance(Duration.ofSeconds(3)));
    assertThat(Desk.await(status)).isEqualTo(200);
    Desk.await(slow.close());
  }

  /** Time that tells when somebody began to wait for it. */
  private record Noticing(ManualTime time, Promise<Void> waiting) implements Timers {
    @Override
    public Cancellable after(Duration delay, Runnable task) {
      waiting.tryComplete();
      return time.after(delay, task);
    }

    @Override
    public Cancellable every(Duration period, Runnable task) {
      return time.every(period, task);
    }
  }

  @Test
  void callsAreCountedByPathAccountTokenAndErrcode() throws Exception {
    String token = desk.token();
    for (int i = 0; i < 3; i++) {
      assertThat(desk.judge(token)).isZero();
    }
    assertThat(desk.judge("wrong")).isEqualTo(40014);
    assertThat(desk.errcode("/cgi-bin/nowhere")).isEqualTo(40066);

    assertThat(desk.api.calls().of(IPS)).isEqualTo(4);
    assertThat(desk.api.calls().of(IPS, Desk.APP_ID)).isEqualTo(3);
    assertThat(desk.api.calls().of("other")).isEqualTo(1);
    assertThat(desk.api.calls().withToken(token)).isEqualTo(3);
    assertThat(desk.api.calls().byErrcode()).containsEntry(0, 4L).containsEntry(40066, 1L);
    assertThat(desk.api.calls().total()).isEqualTo(6);
    desk.api.calls().clear();
    assertThat(desk.api.calls().total()).isZero();
  }

  @Test
  void theAdminEndpointDoesWhatTheClassesDo() throws Exception {
    String openid = Desk.USER.openid();
    String who = "{\"appid\":\"" + Desk.APP_ID + "\",";
    String token = desk.token();

    int id =
        desk.post("/_sim/faults", "{\"path\":\"" + IPS + "\",\"errcode\":45009,\"times\":1}")
            .getInteger("id");
    assertThat(desk.judge(token)).isEqualTo(45009);
    assertThat(desk.get("/_sim/faults").getJsonArray("faults").getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("id", id)
                .put("path", IPS)
                .put("effect", "Refusal[errcode=45009, errmsg=reach max api daily quota limit]")
                .put("delayMs", 0)
                .put("hits", 1));
    assertThat(desk.send("DELETE", "/_sim/faults?id=" + id, "").statusCode()).isEqualTo(200);
    assertThat(desk.send("DELETE", "/_sim/faults?id=" + id, "").statusCode()).isEqualTo(400);

    assertThat(desk.post("/_sim/limits", "{\"path\":\"" + IPS + "\",\"perDay\":0}")).isEmpty();
    assertThat(desk.judge(token)).isEqualTo(45009);
    assertThat(desk.post("/_sim/limits", "{\"path\":\"" + IPS + "\"}")).isEmpty();
    assertThat(desk.post("/_sim/tokens", who + "\"do\":\"void\"}")).isEmpty();
    assertThat(desk.judge(token)).isEqualTo(40001);
    String next = desk.token();
    assertThat(desk.post("/_sim/clock", "{\"advanceSeconds\":7200}").getLong("nowMillis"))
        .isGreaterThan(System.currentTimeMillis() + 7_000_000);
    assertThat(desk.judge(next)).isEqualTo(42001);
    assertThat(desk.post("/_sim/ips", who + "\"ips\":[\"203.0.113.9\"]}")).isEmpty();
    assertThat(desk.askToken().getInteger("errcode")).isEqualTo(40164);

    assertThat(desk.post("/_sim/messages", who + "\"openid\":\"" + openid + "\",\"text\":\"在吗\"}"))
        .isEmpty();
    assertThat(Desk.data(desk.nextPush()).getString("Content")).isEqualTo("在吗");
    assertThat(desk.get("/_sim/accounts").getJsonObject(Desk.APP_ID).getInteger("followers"))
        .isEqualTo(1);
    assertThat(desk.post("/_sim/users", who + "\"openid\":\"" + openid + "\",\"do\":\"leave\"}"))
        .isEmpty();
    assertThat(desk.get("/_sim/sent?appid=" + Desk.APP_ID).getJsonArray("sent")).isEmpty();
    String counts = desk.get("/_sim/calls").encode();
    assertThat(counts).contains("\"" + IPS + "\":").doesNotContain(next).doesNotContain(token);
  }

  @Test
  void wrongAdminRequestsAreNamed() throws Exception {
    assertThat(desk.send("GET", "/_sim/nothing", "").statusCode()).isEqualTo(404);
    assertThat(desk.post("/_sim/faults", "{\"path\":\"x\",\"status\":502}").getString("error"))
        .contains("begins with /");
    assertThat(desk.post("/_sim/faults", "{\"path\":\"/x\"}").getString("error"))
        .contains("one of errcode");
    assertThat(desk.post("/_sim/faults", "[]").getString("error")).contains("JSON object");
    assertThat(
            desk.send("POST", "/_sim/clock", "text/plain", "{}".getBytes(StandardCharsets.UTF_8))
                .statusCode())
        .isEqualTo(400);
  }
}
