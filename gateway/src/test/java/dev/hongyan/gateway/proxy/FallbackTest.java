package dev.hongyan.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.token.fetch.Host;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two hosts, of which the first is in trouble. */
class FallbackTest {
  private static final String INFO = "/wxapi/acme/shop/cgi-bin/user/info?openid=o1";
  private static final String SEND = "/wxapi/acme/shop/cgi-bin/message/custom/send";

  private final AtomicInteger atFirst = new AtomicInteger();
  private volatile Consumer<HttpServerRequest> first = FallbackTest::good;
  private Vertx vertx;
  private HttpServer server;
  private ProxyFixture fixture;
  private String[] bearer;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                r -> {
                  int unused = atFirst.incrementAndGet();
                  first.accept(r);
                });
    var unused = RedisFixture.await(server.listen(0, "127.0.0.1"));
    fixture =
        new ProxyFixture(
            List.of(new Host("127.0.0.1", server.actualPort(), false)),
            o ->
                new ProxyOptions(
                    o.hosts(),
                    Duration.ofMillis(500),
                    Duration.ofMillis(700),
                    Duration.ofMillis(300),
                    5,
                    Duration.ofMillis(400)));
    bearer = new String[] {"Authorization", "Bearer " + fixture.key("acme", "wxapi:*")};
  }

  @AfterEach
  void stop() {
    fixture.close();
    var unused = RedisFixture.await(vertx.close());
  }

  private static void good(HttpServerRequest r) {
    var unused = r.response().end("{\"errcode\":0,\"errmsg\":\"first\"}");
  }

  private static void bad(HttpServerRequest r) {
    var unused = r.response().setStatusCode(502).end("<html>Bad Gateway " + r.uri() + "</html>");
  }

  @Test
  void theFirstHostIsAskedWhileItIsWellAndAgainAfterAWhile() {
    assertThat(fixture.get(INFO, bearer).body()).contains("first");
    first = FallbackTest::bad;
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    first = FallbackTest::good;
    GatewayFixture.eventually(() -> fixture.get(INFO, bearer).body().contains("first"));
  }

  @Test
  void aHostThatCannotBeConnectedCostsNoCall() {
    var unused = RedisFixture.await(server.close());
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    assertThat(fixture.post(SEND, "{}", bearer).body()).contains("\"errcode\":0");
  }

  @Test
  void aSendThatMayHaveArrivedIsNotRepeated() {
    first = FallbackTest::bad;
    HttpResponse<String> answer = fixture.post(SEND, "{}", bearer);
    assertThat(ProxyFixture.json(answer).getInteger("errcode")).isEqualTo(990004);
    assertThat(answer.body()).contains("not known").doesNotContain("realtoken");
    assertThat(fixture.wechat.asked("/cgi-bin/message/custom/send")).isEmpty();
  }

  @Test
  void aHostThatDoesNotAnswerIsLeftInTime() {
    first = r -> {};
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    first = r -> r.connection().close();
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
  }

  @Test
  void fiveFailuresInARowOpenTheBreakerOfThatTenantAndFamilyOnly() {
    String other = "Bearer " + fixture.key("bolt", "wxapi:*");
    first = FallbackTest::bad;
    fixture.wechat.nextJson(50, "/cgi-bin/message/custom/send", "{\"errcode\":-1}");
    int refused = 0;
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> answer = fixture.post(SEND, "{}", bearer);
      int errcode = ProxyFixture.json(answer).getInteger("errcode");
      assertThat(errcode).isIn(990004, -1);
      refused++;
    }
    assertThat(refused).isEqualTo(5);
    HttpResponse<String> open = fixture.post(SEND, "{}", bearer);
    assertThat(ProxyFixture.json(open).getInteger("errcode")).isEqualTo(990002);
    assertThat(open.headers().firstValue("X-Graceful-Fallback")).contains("true");
    assertThat(open.headers().firstValue("X-Hongyan-Error")).contains("990002");
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    fixture.wechat.clear("/cgi-bin/message/custom/send");
    first = FallbackTest::good;
    assertThat(
            fixture
                .post("/wxapi/bolt/shop/cgi-bin/message/custom/send", "{}", "Authorization", other)
                .body())
        .contains("\"errcode\":0");
    // Half open after its time: one call tries, and what it finds holds for all.
    GatewayFixture.eventually(
        () -> fixture.post(SEND, "{}", bearer).body().contains("\"errcode\":0"));
    assertThat(fixture.post(SEND, "{}", bearer).body()).contains("\"errcode\":0");
  }

  @Test
  void whenNobodyAnswersTheCallerIsTold() {
    first = FallbackTest::bad;
    fixture.wechat.next("/cgi-bin/user/info", FallbackTest::bad);
    HttpResponse<String> answer = fixture.get(INFO, bearer);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("X-Hongyan-Error")).contains("990004");
    assertThat(answer.body()).doesNotContain("realtoken");
  }

  @Test
  void anAnswerThatIsCutDoesNotLookWhole() {
    first =
        r -> {
          var unused =
              r.response()
                  .putHeader("content-type", "image/jpeg")
                  .setChunked(true)
                  .write(FakeWeChatApi.picture(100_000));
          var closing = vertx.timer(50).onComplete(v -> r.connection().close());
        };
    HttpRequest.Builder request =
        HttpRequest.newBuilder(fixture.uri("/wxapi/acme/shop/cgi-bin/media/get?media_id=m1"))
            .headers(bearer);
    assertThatThrownBy(
            () -> fixture.http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()))
        .isInstanceOf(IOException.class);
  }
}
