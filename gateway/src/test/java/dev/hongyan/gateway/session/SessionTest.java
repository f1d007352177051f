package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.WsClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static String name() {
    return "n" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static void publish(WsClient ws, int from, int n, String topic) {
    for (int i = from; i < from + n; i++) {
      ws.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", i)
              .put("topic", topic)
              .put("subject", "u" + i % 3)
              .put("data", new JsonObject().put("i", i)));
    }
    for (int i = 0; i < n; i++) {
      ws.expect("published");
    }
  }

  private static List<Integer> numbers(List<JsonObject> messages) {
    List<Integer> out = new ArrayList<>();
    messages.forEach(m -> out.add(m.getJsonObject("event").getJsonObject("data").getInteger("i")));
    return out;
  }

  private static String lastCursor(List<JsonObject> messages) {
    return messages.get(messages.size() - 1).getString("cursor");
  }

  @Test
  @Rule("D1")
  void aLiveSubscriberGetsWhatIsPublishedFromNowOn() {
    String topic = "app." + name();
    try (WsClient pub = gateway.connect("acme", name());
        WsClient sub = gateway.connect("acme", name())) {
      publish(pub, 1, 3, topic);
      sub.subscribe("s", "live", null, topic);
      JsonObject subscribed = sub.expect("subscribed");
      assertThat(subscribed.getString("verdict")).isEqualTo("new");
      assertThat(subscribed.getString("cursor")).isEqualTo(subscribed.getString("head"));
      publish(pub, 4, 3, topic);
      assertThat(numbers(sub.messages(3))).containsExactly(4, 5, 6);
    }
  }

  @Test
  @Rule("D2")
  void aLiveSubscriberResumesBehindItsCursorWithoutHoleOrRepeat() {
    String topic = "app." + name();
    String cursor;
    try (WsClient pub = gateway.connect("acme", name())) {
      try (WsClient sub = gateway.connect("acme", name())) {
        sub.subscribe("s", "live", null, topic).expect("subscribed");
        publish(pub, 1, 5, topic);
        cursor = lastCursor(sub.messages(5));
      }
      publish(pub, 6, 300, topic); // more than the ring at hand holds
      try (WsClient sub = gateway.connect("acme", name())) {
        sub.subscribe("s", "live", cursor, topic);
        assertThat(sub.expect("subscribed").getString("verdict")).isEqualTo("resumed");
        List<Integer> got = numbers(sub.messages(300));
        assertThat(got.get(0)).isEqualTo(6);
        assertThat(got).isSorted().doesNotHaveDuplicates().hasSize(300);
      }
    }
  }

  @Test
  @Rule("D3")
  void aDurableSubscriberGoesOnBehindItsLastAck() {
    String topic = "app." + name();
    String sub = name();
    try (WsClient pub = gateway.connect("acme", name())) {
      try (WsClient one = gateway.connect("acme", name())) {
        one.subscribe(sub, "durable", null, topic);
        assertThat(one.expect("subscribed").getString("verdict")).isEqualTo("new");
        publish(pub, 1, 10, topic);
        List<JsonObject> got = one.messages(10);
        one.ack(sub, got.get(3).getString("cursor"));
        assertThat(one.isQuiet()).isTrue();
      }
      try (WsClient two = gateway.connect("acme", name())) {
        two.subscribe(sub, "durable", null, topic);
        assertThat(two.expect("subscribed").getString("verdict")).isEqualTo("resumed");
        assertThat(numbers(two.messages(6))).containsExactly(5, 6, 7, 8, 9, 10);
      }
    }
  }

  @Test
  @Rule("D4")
  void aNewerConnectionWinsADurableNameAndTheOlderIsClosedWith4409() {
    String sub = name();
    try (WsClient one = gateway.connect("acme", name());
        WsClient two = gateway.connect("acme", name())) {
      one.subscribe(sub, "durable", null, "app.#").expect("subscribed");
      two.subscribe(sub, "durable", null, "app.#").expect("subscribed");
      assertThat(one.closeCode()).isEqualTo(4409);
    }
  }

  @Test
  @Rule("D5")
  void noMoreThanTheWindowIsUnderWayAndAcksOpenIt() {
    String topic = "app." + name();
    String sub = name();
    try (WsClient pub = gateway.connect("acme", name());
        WsClient one = gateway.connect("acme", name())) {
      one.send(
          new JsonObject()
              .put("op", "subscribe")
              .put("sub", sub)
              .put("mode", "durable")
              .put("window", 4)
              .put("topics", new JsonArray().add(topic)));
      one.expect("subscribed");
      publish(pub, 1, 10, topic);
      List<JsonObject> first = one.messages(4);
      assertThat(numbers(first)).containsExactly(1, 2, 3, 4);
      assertThat(one.isQuiet()).isTrue();
      one.ack(sub, lastCursor(first));
      List<JsonObject> second = one.messages(4);
      assertThat(numbers(second)).containsExactly(5, 6, 7, 8);
      one.ack(sub, lastCursor(second));
      assertThat(numbers(one.messages(2))).containsExactly(9, 10);
    }
  }

  @Test
  @Rule("D6")
  void eachDeliveryNamesTheCursorBeforeIt() {
    String topic = "app." + name();
    try (WsClient pub = gateway.connect("acme", name());
        WsClient one = gateway.connect("acme", name())) {
      String at = one.subscribe("s", "live", null, topic).expect("subscribed").getString("cursor");
      publish(pub, 1, 50, topic);
      int got = 0;
      while (got < 50) {
        JsonObject deliver = one.expect("deliver");
        assertThat(deliver.getString("prev")).isEqualTo(at);
        for (int i = 0; i < deliver.getInteger("n"); i++) {
          at = one.expect("msg").getString("cursor");
          got++;
        }
      }
    }
  }

  @Test
  @Rule("C14")
  void tenantsDoNotSeeEachOther() {
    String topic = "app." + name();
    try (WsClient acme = gateway.connect("acme", name());
        WsClient bolt = gateway.connect("bolt", name())) {
      bolt.subscribe("s", "live", null, "#").expect("subscribed");
      acme.subscribe("s", "live", null, topic).expect("subscribed");
      publish(acme, 1, 0, topic);
      acme.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", 1)
              .put("topic", topic)
              .put("data", 1));
      List<String> ops = List.of(acme.next().getString("op"), acme.next().getString("op"));
      assertThat(ops).contains("deliver");
      assertThat(bolt.isQuiet()).isTrue();
    }
  }

  @Test
  @Rule("P1")
  void aRepeatedSerialIsPublishedOnce() {
    String topic = "app." + name();
    String client = name();
    JsonObject publish =
        new JsonObject().put("op", "publish").put("serial", 7).put("topic", topic).put("data", "x");
    JsonObject first;
    try (WsClient one = gateway.connect("acme", client)) {
      first = one.send(publish).expect("published");
      assertThat(first.getBoolean("duplicate")).isNull();
    }
    try (WsClient two = gateway.connect("acme", client)) {
      JsonObject again = two.send(publish).expect("published");
      assertThat(again.getBoolean("duplicate")).isTrue();
      assertThat(again.getString("cursor")).isEqualTo(first.getString("cursor"));
    }
  }

  @Test
  @Rule("C13")
  void theGenerationOfAClientGrowsWithEachConnection() {
    String client = name();
    long before = 0;
    for (int i = 0; i < 3; i++) {
      try (WsClient ws = gateway.open(gateway.token("acme", client))) {
        ws.send(new JsonObject().put("op", "hello").put("client", client));
        long generation = ws.expect("welcome").getLong("generation");
        assertThat(generation).isGreaterThan(before);
        before = generation;
      }
    }
  }

  @Test
  @Rule("C12")
  void helloMaySubscribeAndOpsBehindItInTheSameFrameAreServed() {
    String client = name();
    try (WsClient ws = gateway.open(gateway.token("acme", client))) {
      ws.sendText(
          "{\"op\":\"hello\",\"client\":\""
              + client
              + "\",\"subscribe\":[{\"sub\":\"a\",\"mode\":\"live\",\"topics\":[\"app.x\"]}]}\n"
              + "{\"op\":\"beat\",\"t\":5,\"n\":1}");
      ws.expect("welcome");
      List<String> ops = List.of(ws.next().getString("op"), ws.next().getString("op"));
      assertThat(ops).containsExactlyInAnyOrder("subscribed", "beat");
    }
  }

  @Test
  @Rule("F9")
  void whatIsWrongIsToldWithItsCodeAndTheConnectionStays() {
    try (WsClient ws = gateway.connect("acme", name())) {
      assertThat(ws.sendText("{\"op\":\"dance\"}").expect("error").getString("code"))
          .isEqualTo("unknown-op");
      assertThat(ws.subscribe("", "live", null, "#").expect("error").getString("code"))
          .isEqualTo("bad-field");
      assertThat(ws.subscribe("s", "sideways", null, "#").expect("error").getString("code"))
          .isEqualTo("bad-field");
      assertThat(ws.subscribe("s", "live", null, "a..b").expect("error").getString("code"))
          .isEqualTo("bad-field");
      assertThat(ws.subscribe("s", "live", "never ours", "#").expect("error").getString("code"))
          .isEqualTo("bad-cursor");
      assertThat(ws.ack("nobody", "k:1").expect("error").getString("code"))
          .isEqualTo("no-such-subscription");
      assertThat(ws.isQuiet()).isTrue();
    }
  }

  @Test
  @Rule("F8")
  void aFrameThatIsNoObjectClosesWith4400() {
    for (String bad :
        List.of("[1]", "{", "nonsense", "{\"a\":1}", "{\"op\":1}", "{\"op\":\"beat\"} x")) {
      try (WsClient ws = gateway.connect("acme", name())) {
        ws.sendText(bad);
        assertThat(ws.closeCode()).as(bad).isEqualTo(4400);
      }
    }
  }

  @Test
  @Rule("C8")
  void withoutAGoodTokenTheConnectionIsClosedWith4401() {
    try (WsClient ws = gateway.open(null)) {
      ws.send(new JsonObject().put("op", "hello").put("client", "x"));
      assertThat(ws.closeCode()).isEqualTo(4401);
    }
    try (WsClient ws = gateway.open("bad.token.here")) {
      ws.send(new JsonObject().put("op", "hello").put("client", "x"));
      assertThat(ws.closeCode()).isEqualTo(4401);
    }
  }
}
