package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.WsClient;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a token grants, and how a node that leaves lets its sessions go. */
class GrantsAndDrainTest {
  private static JsonObject publish(int serial, String topic) {
    return new JsonObject()
        .put("op", "publish")
        .put("serial", serial)
        .put("topic", topic)
        .put("data", 1);
  }

  private static List<String> opsAfter(WsClient ws) {
    return Stream.generate(ws::next).limit(3).map(line -> line.getString("op")).toList();
  }

  @Test
  @Rule("U8")
  void whatTheTokenDoesNotGrantIsForbiddenToReadAndToPublish() {
    try (GatewayFixture node = GatewayFixture.start()) {
      String token =
          node.tokens()
              .mint("acme", "u", List.of("app.mine.#"), List.of("app.mine"), Duration.ofMinutes(5))
              .reveal();
      try (WsClient ws = node.open(token)) {
        ws.send(new JsonObject().put("op", "hello").put("client", "c")).expect("welcome");
        for (String pattern : List.of("#", "app.#", "app.theirs", "*.mine")) {
          JsonObject error = ws.subscribe("s", "live", null, pattern).expect("error");
          assertThat(error.getString("code")).as(pattern).isEqualTo("forbidden-topic");
          assertThat(error.getString("sub")).isEqualTo("s");
        }
        JsonObject error = ws.send(publish(1, "app.theirs")).expect("error");
        assertThat(error.getString("code")).isEqualTo("forbidden-topic");
        assertThat(error.getInteger("serial")).isEqualTo(1);
        ws.subscribe("s", "live", null, "app.mine.*", "app.mine").expect("subscribed");
        assertThat(opsAfter(ws.send(publish(2, "app.mine"))))
            .containsExactlyInAnyOrder("published", "deliver", "msg");
      }
    }
  }

  @Test
  @Rule("S7")
  void aNodeThatLeavesTellsItsSessionsServesThemAndClosesThemAtTheEnd() throws Exception {
    try (GatewayFixture node = GatewayFixture.start();
        WsClient moving = node.connect("acme", "moving");
        WsClient staying = node.connect("acme", "staying")) {
      moving.subscribe("s", "live", null, "app.#").expect("subscribed");
      CompletableFuture<Void> drained =
          CompletableFuture.runAsync(() -> node.drain(Duration.ofSeconds(3)));
      JsonObject told = moving.expect("goaway");
      assertThat(told.getString("reason")).isEqualTo("drain");
      assertThat(told.getLong("afterMs")).isNotNegative();
      assertThat(told.getLong("withinMs")).isBetween(1L, 3_000L);
      assertThat(opsAfter(moving.send(publish(1, "app.x"))))
          .as("it is served until it has gone")
          .containsExactlyInAnyOrder("published", "deliver", "msg");
      moving.close();
      staying.expect("goaway");
      assertThat(staying.closeCode()).isEqualTo(4000);
      drained.get(20, TimeUnit.SECONDS);
    }
  }
}
