package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sessions with {@code permessage-deflate} share what they get with those without. */
class DeflateTest {
  @Test
  void connectionsWithAndWithoutDeflateGetTheSameMessagesUnderOneName() {
    try (GatewayFixture node = GatewayFixture.start();
        WsClient plain = node.connect("acme", "plain");
        WsClient one = node.connectDeflating("acme", "one");
        WsClient two = node.connectDeflating("acme", "two");
        WsClient three = node.connectDeflating("acme", "three");
        WsClient publisher = node.connect("acme", "publisher")) {
      List<WsClient> readers = List.of(one, plain, two, three);
      assertThat(one.socket().headers().get("sec-websocket-extensions"))
          .contains("permessage-deflate");
      for (WsClient reader : readers) {
        reader.subscribe("ticker", "live", null, "app.#").expect("subscribed");
      }
      for (int i = 0; i < 20; i++) {
        publisher
            .send(
                new JsonObject()
                    .put("op", "publish")
                    .put("serial", i)
                    .put("topic", "app.x")
                    .put("data", "m".repeat(i * 40)))
            .expect("published");
      }
      for (WsClient reader : readers) {
        assertThat(reader.messages(20))
            .extracting(m -> m.getJsonObject("event").getString("data").length() / 40)
            .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
      }
      one.sendText("nonsense");
      assertThat(one.closeCode()).isEqualTo(4400);
    }
  }
}
