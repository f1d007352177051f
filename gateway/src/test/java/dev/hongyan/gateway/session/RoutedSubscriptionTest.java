package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class RoutedSubscriptionTest {
  @Test
  void aRouteLeadsToADurableNameBesidesItsOwnTopics() {
    try (GatewayFixture node = GatewayFixture.start()) {
      node.redis()
          .await(
              node.tenants()
                  .routing()
                  .createRoute(
                      "acme",
                      new JsonObject()
                          .put("id", "to-pos")
                          .put("match", "app.orders")
                          .put("to", new JsonObject().put("subscription", "pos"))));
      WsClient ws = node.connect("acme", "till");
      for (String name : new String[] {"pos", "other"}) {
        ws.send(
            new JsonObject()
                .put("op", "subscribe")
                .put("sub", name)
                .put("mode", "durable")
                .put("topics", new JsonArray().add("app.own")));
        ws.expect("subscribed");
      }
      WsClient publisher = node.connect("acme", "publisher");
      int serial = 0;
      for (String topic : new String[] {"app.orders", "app.own"}) {
        publisher.send(
            new JsonObject()
                .put("op", "publish")
                .put("serial", ++serial)
                .put("topic", topic)
                .put("data", serial));
        publisher.expect("published");
      }
      JsonObject routed = ws.expect("deliver");
      assertThat(routed.getString("sub")).isEqualTo("pos");
      assertThat(ws.expect("msg").getJsonObject("event").getString("type")).isEqualTo("app.orders");
    }
  }
}
