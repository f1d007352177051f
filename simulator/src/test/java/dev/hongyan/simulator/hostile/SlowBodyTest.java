package dev.hongyan.simulator.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.delivery.RawRequest;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlowBodyTest {
  private final Vertx vertx = Vertx.vertx();
  private final RawRequest request = new RawRequest("POST", "a=b", new byte[64], "text/xml");

  @AfterEach
  void close() throws Exception {
    vertx.close().await(20, TimeUnit.SECONDS);
  }

  private SlowBody.Outcome send(HttpServer server, Duration pause) throws Exception {
    HttpServer listening = server.listen(0, "127.0.0.1").await(20, TimeUnit.SECONDS);
    URI url = URI.create("http://127.0.0.1:" + listening.actualPort() + "/wx/acme/shop");
    return new SlowBody(vertx, new VertxTimers(vertx))
        .send(url, request, pause)
        .await(20, TimeUnit.SECONDS);
  }

  @Test
  void aReceiverThatLosesPatienceIsSeenAnsweringInTheMiddle() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                incoming ->
                    incoming.handler(
                        chunk -> {
                          if (!incoming.response().ended()) {
                            incoming.response().setStatusCode(408).end();
                          }
                        }));
    SlowBody.Outcome outcome = send(server, Duration.ofMillis(20));
    assertThat(outcome.status()).isEqualTo(408);
    assertThat(outcome.whole()).isFalse();
  }

  @Test
  void aReceiverThatClosesIsSeenClosing() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(incoming -> incoming.handler(chunk -> incoming.connection().close()));
    SlowBody.Outcome outcome = send(server, Duration.ofMillis(20));
    assertThat(outcome.status()).isZero();
    assertThat(outcome.whole()).isFalse();
  }

  @Test
  void aPatientReceiverGetsTheWholeBody() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                incoming ->
                    incoming
                        .body()
                        .onSuccess(
                            body ->
                                incoming
                                    .response()
                                    .setStatusCode(
                                        body.length() == 64
                                                && "/wx/acme/shop?a=b".equals(incoming.uri())
                                            ? 200
                                            : 400)
                                    .end()));
    SlowBody.Outcome outcome = send(server, Duration.ofMillis(1));
    assertThat(outcome).isEqualTo(new SlowBody.Outcome(200, 64, true));
  }
}
