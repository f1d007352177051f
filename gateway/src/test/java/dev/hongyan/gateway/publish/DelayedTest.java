package dev.hongyan.gateway.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients publish for later, over a WebSocket. */
class DelayedTest {
  private static GatewayFixture node;
  private static DelayStore delays;

  @BeforeAll
  static void start() {
    node = GatewayFixture.start();
    delays = new DelayStore(node.redis().link(), Clock.system(), () -> "never");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static JsonObject message(int serial, String topic) {
    return new JsonObject()
        .put("op", "publish")
        .put("serial", serial)
        .put("topic", topic)
        .put("data", new JsonObject().put("n", serial));
  }

  private static DelayStore.Waiting waiting(String tenant, JsonObject published) {
    return RedisFixture.await(delays.get(tenant, Long.parseLong(published.getString("id"))));
  }

  @Test
  void aDelayedMessageIsToldWhenItIsDueAndComesThen() {
    try (WsClient client = node.connect("acme", "later")) {
      client.send(
          new JsonObject()
              .put("op", "subscribe")
              .put("sub", "s")
              .put("mode", "live")
              .put("topics", new JsonArray().add("app.#")));
      client.expect("subscribed");
      client.send(message(1, "app.now"));
      JsonObject now = client.expect("published");
      assertThat(now.getString("cursor")).isNotEmpty();
      assertThat(now.containsKey("dueAt")).isFalse();
      assertThat(client.messages(1).get(0).getJsonObject("event").getString("type"))
          .isEqualTo("app.now");
      client.send(message(2, "app.later").put("delayMs", 1_000).put("ttlMs", 60_000));
      JsonObject published = client.expect("published");
      assertThat(published.containsKey("cursor")).isFalse();
      Instant due = Instant.parse(published.getString("dueAt"));
      JsonObject late = client.messages(1).get(0);
      assertThat(late.getJsonObject("event").getString("id")).isEqualTo(published.getString("id"));
      assertThat(Instant.parse(late.getString("deadline"))).isAfter(due);
      assertThat(Instant.now()).isAfterOrEqualTo(due);
    }
  }

  @Test
  void aRepeatedSerialIsTheSameMessageOverAReconnect() {
    JsonObject message = message(7, "app.once").put("delayMs", 600_000).put("ttlMs", 900_000);
    JsonObject first;
    try (WsClient client = node.connect("bolt", "again")) {
      client.send(message);
      first = client.expect("published");
    }
    try (WsClient client = node.connect("bolt", "again")) {
      client.send(message);
      JsonObject second = client.expect("published");
      assertThat(second.getBoolean("duplicate")).isTrue();
      assertThat(second.getString("id")).isEqualTo(first.getString("id"));
      assertThat(second.getString("dueAt")).isEqualTo(first.getString("dueAt"));
    }
    DelayStore.Waiting waiting = waiting("bolt", first);
    EntryHeader header = waiting.header();
    assertThat(header.topic()).isEqualTo("app.once");
    assertThat(waiting.dueMillis())
        .isEqualTo(Instant.parse(first.getString("dueAt")).toEpochMilli());
    assertThat(header.deadlineMillis() - waiting.dueMillis()).isEqualTo(300_000);
    assertThat(new JsonObject(new String(waiting.event(), StandardCharsets.UTF_8)).getString("id"))
        .isEqualTo(first.getString("id"));
    assertThat(RedisFixture.await(delays.pending("bolt"))).isEqualTo(1);
  }

  @Test
  void everyBadFieldIsToldAtOnce() {
    try (WsClient client = node.connect("bolt", "bad")) {
      client.send(message(1, "wx.mine").put("delayMs", -1).put("ttlMs", 0));
      JsonObject error = client.expect("error");
      assertThat(error.getString("code")).isEqualTo("bad-field");
      assertThat(error.getInteger("serial")).isEqualTo(1);
      assertThat(error.getString("message")).contains("topic", "delayMs", "ttlMs");
    }
  }
}
