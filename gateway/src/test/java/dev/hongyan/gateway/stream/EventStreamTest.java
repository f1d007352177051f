package dev.hongyan.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.session.SessionView;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.SseClient;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  static String name() {
    return "n" + UUID.randomUUID().toString().substring(0, 8);
  }

  static void publish(WsClient ws, int from, int n, String topic, Object more) {
    for (int i = from; i < from + n; i++) {
      ws.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", i)
              .put("topic", topic)
              .put("data", new JsonObject().put("i", i).put("more", more)));
    }
    for (int i = 0; i < n; i++) {
      ws.expect("published");
    }
  }

  static List<Integer> numbers(List<JsonObject> messages) {
    List<Integer> out = new ArrayList<>();
    messages.forEach(m -> out.add(m.getJsonObject("event").getJsonObject("data").getInteger("i")));
    return out;
  }

  private static SseClient open(String tenant, String query, String lastEventId) {
    return SseClient.open(
        gateway.port(),
        "/api/v1/tenants/" + tenant + "/stream?" + query,
        gateway.token(tenant, "reader"),
        lastEventId);
  }

  private static String tenant() {
    String id = name();
    String made =
        RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", id).put("name", id)))
            .id();
    assertThat(made).isEqualTo(id);
    return id;
  }

  private static long trim(String tenant, int keep) {
    return RedisFixture.await(
        gateway.log().trim(tenant, new LogStore.Retention(keep, Duration.ZERO), 0, Long.MAX_VALUE));
  }

  @Test
  void aLiveStreamBringsWhatIsPublishedFromNowOnWithItsCursorAsId() {
    String topic = "app." + name();
    try (WsClient pub = gateway.connect("acme", name())) {
      publish(pub, 1, 3, topic, null);
      try (SseClient in = open("acme", "topics=" + topic, null)) {
        assertThat(in.status()).isEqualTo(200);
        assertThat(in.head())
            .contains("content-type: text/event-stream", "cache-control: no-store");
        JsonObject subscribed = in.expect("subscribed");
        assertThat(subscribed.getString("verdict")).isEqualTo("new");
        assertThat(in.lastId()).isEqualTo(subscribed.getString("cursor"));
        publish(pub, 4, 3, topic, null);
        assertThat(numbers(in.messages(3))).containsExactly(4, 5, 6);
      }
    }
  }

  @Test
  void aLiveStreamResumesBehindItsLastEventIdWithoutHoleOrRepeat() {
    String topic = "app." + name();
    try (WsClient pub = gateway.connect("acme", name())) {
      String last = null;
      int published = 0;
      int read = 0;
      for (int round = 0; round < 5; round++) {
        // the cursor of the address is older than the header, which wins
        try (SseClient in = open("acme", "topics=" + topic + "&cursor=now", last)) {
          assertThat(in.expect("subscribed").getString("verdict"))
              .isEqualTo(round == 0 ? "new" : "resumed");
          publish(pub, published + 1, 30, topic, null);
          published += 30;
          for (int i : numbers(in.messages(published - read))) {
            assertThat(i).isEqualTo(++read);
          }
          last = in.lastId();
        }
        publish(pub, published + 1, 70, topic, null); // nobody is there, and more than is at hand
        published += 70;
      }
    }
  }

  @Test
  void theIdOfSubscribedIsEnoughToMissNothing() {
    String topic = "app." + name();
    String id;
    try (SseClient in = open("acme", "topics=" + topic, null)) {
      in.expect("subscribed");
      id = in.lastId();
    }
    try (WsClient pub = gateway.connect("acme", name())) {
      publish(pub, 1, 2, topic, null);
    }
    try (SseClient in = open("acme", "topics=" + topic, id)) {
      in.expect("subscribed");
      assertThat(numbers(in.messages(2))).containsExactly(1, 2);
    }
  }

  @Test
  void aDurableStreamGoesOnBehindTheLastEventIdAndElseBehindWhatWasAcknowledged() {
    String topic = "app." + name();
    String query = "mode=durable&sub=" + name() + "&topics=" + topic;
    try (WsClient pub = gateway.connect("acme", name())) {
      String third;
      try (SseClient in = open("acme", query, null)) {
        assertThat(in.expect("subscribed").getString("verdict")).isEqualTo("new");
        publish(pub, 1, 600, topic, null); // more than any window: nothing here waits for an ack
        List<JsonObject> all = in.messages(600);
        third = all.get(2).getString("cursor");
      }
      try (SseClient in = open("acme", query, third)) {
        JsonObject subscribed = in.expect("subscribed");
        assertThat(subscribed.getString("verdict")).isEqualTo("resumed");
        assertThat(subscribed.getString("cursor")).isEqualTo(third);
        assertThat(numbers(in.messages(2))).containsExactly(4, 5);
      }
      try (SseClient in = open("acme", query, null)) {
        in.expect("subscribed");
        assertThat(numbers(in.messages(597)).get(0)).isEqualTo(4); // the third was acknowledged
      }
    }
  }

  @Test
  void aNewerDurableStreamEndsTheOlderWithReplaced() {
    String query = "mode=durable&topics=app.x&sub=" + name();
    try (SseClient one = open("acme", query, null)) {
      one.expect("subscribed");
      try (SseClient two = open("acme", query, null)) {
        two.expect("subscribed");
        JsonObject error = one.expect("error");
        assertThat(error.getString("code")).isEqualTo("replaced");
        assertThat(error.getString("retry")).isEqualTo("never");
        assertThat(one.isAtEnd()).isTrue();
      }
    }
  }

  @Test
  void whatRetentionTookIsAnnouncedInSubscribed() {
    String tenant = tenant();
    try (WsClient pub = gateway.connect(tenant, name())) {
      String cursor;
      try (SseClient in = open(tenant, "topics=app.t", null)) {
        in.expect("subscribed");
        publish(pub, 1, 5, "app.t", null);
        in.messages(5);
        cursor = in.lastId();
      }
      publish(pub, 6, 295, "app.t", null);
      assertThat(trim(tenant, 100)).isEqualTo(200);
      try (SseClient in = open(tenant, "topics=app.t", cursor)) {
        JsonObject subscribed = in.expect("subscribed");
        assertThat(subscribed.getString("verdict")).isEqualTo("gap");
        assertThat(subscribed.getJsonObject("gap").getString("from")).isEqualTo(cursor);
        assertThat(subscribed.getJsonObject("gap").getString("reason")).isEqualTo("retention");
        assertThat(in.lastId()).isEqualTo(subscribed.getJsonObject("gap").getString("to"));
        List<Integer> got = numbers(in.messages(100));
        assertThat(got.get(0)).isEqualTo(201);
        assertThat(got.get(99)).isEqualTo(300);
      }
    }
  }

  @Test
  void aSlowReaderWaitsInTheLogAndIsToldWhatWasTrimmedMeanwhile() {
    String tenant = tenant();
    int n = 600;
    String more = "x".repeat(40_000);
    try (WsClient pub = gateway.connect(tenant, name());
        SseClient fast = open(tenant, "topics=app.t", null);
        SseClient slow =
            SseClient.open(
                gateway.port(),
                "/api/v1/tenants/" + tenant + "/stream?topics=app.t",
                gateway.token(tenant, "slow"),
                null,
                8 * 1024)) {
      fast.expect("subscribed");
      slow.expect("subscribed");
      for (int i = 0; i < n; i += 20) {
        publish(pub, i + 1, 20, "app.t", more);
        fast.messages(20); // is not held up
      }
      SessionView.Sub waiting = view(tenant, "slow").subscriptions().get(0);
      assertThat(waiting.behind()).as("what the kernel took is all that left").isGreaterThan(300);
      assertThat(trim(tenant, 20)).isEqualTo(n - 20);
      long at = 0;
      int gaps = 0;
      while (at < n) {
        SseClient.Event event = slow.next();
        Cursor place = Cursor.parse(event.id());
        if (event.name().equals("gap")) {
          assertThat(Cursor.parse(event.data().getString("from")).seq()).isEqualTo(at);
          gaps++;
        } else {
          assertThat(event.name()).isEqualTo("msg");
          assertThat(place.seq()).isEqualTo(at + 1);
        }
        at = place.seq();
      }
      assertThat(gaps).isPositive(); // told page by page, without a message between
    }
  }

  private static SessionView view(String tenant, String client) {
    return gateway.sessionsOf(tenant).stream()
        .filter(s -> s.client().equals(client))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void streamsShowAmongTheSessions() {
    String tenant = tenant();
    try (SseClient in = open(tenant, "mode=durable&sub=pos&topics=app.t", null)) {
      JsonObject subscribed = in.expect("subscribed");
      SessionView shown = view(tenant, "reader");
      assertThat(shown.id()).startsWith("h-");
      assertThat(shown.remote()).isEqualTo("127.0.0.1");
      SessionView.Sub sub = shown.subscriptions().get(0);
      assertThat(sub.name()).isEqualTo("pos");
      assertThat(sub.mode()).isEqualTo("durable");
      assertThat(sub.cursor()).isEqualTo(subscribed.getString("cursor"));
    }
  }

  @Test
  void manyStreamsGetTheSameMessages() {
    String tenant = tenant();
    List<SseClient> readers = new ArrayList<>();
    try (WsClient pub = gateway.connect(tenant, name())) {
      for (int i = 0; i < 200; i++) {
        readers.add(open(tenant, "topics=app.%23", null));
      }
      readers.forEach(r -> r.expect("subscribed"));
      publish(pub, 1, 50, "app.t", null);
      List<JsonObject> first = readers.get(0).messages(50);
      for (SseClient reader : readers.subList(1, readers.size())) {
        assertThat(reader.messages(50)).isEqualTo(first);
      }
    } finally {
      readers.forEach(SseClient::close);
    }
  }

  @Test
  void aRefusalIsAnOrdinaryProblem() {
    String token = gateway.token("acme", "reader");
    String narrow =
        gateway
            .tokens()
            .mint("acme", "n", List.of("app.mine.#"), List.of(), Duration.ofHours(1))
            .reveal();
    String path = "/api/v1/tenants/acme/stream?";
    assertRefused(path, "no-such-token", 401);
    assertRefused(path.replace("acme", "bolt"), token, 404);
    assertRefused(path.replace("acme", "nobody"), token, 404);
    assertRefused(path + "topics=app.yours", narrow, 403);
    assertRefused(path, gateway.key("acme", "contributor"), 403);
    assertRefused(path + "mode=durable", token, 400);
    assertRefused(path + "mode=shared&sub=a", token, 400);
    assertRefused(path + "cursor=never-ours", token, 400);
    assertRefused(path + "topics=a..b", token, 400);
    assertRefused(path + "topic=a", token, 400);
    assertRefused(path + "sub=a%20b", token, 400);
    try (SseClient in = SseClient.open(gateway.port(), path, narrow, null)) {
      assertThat(in.status()).isEqualTo(200); // what the token grants
    }
    try (SseClient in =
        SseClient.open(gateway.port(), path, gateway.key("acme", "reviewer"), null)) {
      assertThat(in.status()).isEqualTo(200);
    }
  }

  private static void assertRefused(String path, String token, int status) {
    try (SseClient in = SseClient.open(gateway.port(), path, token, null)) {
      assertThat(in.status()).as(path).isEqualTo(status);
      assertThat(in.head()).contains("content-type: application/problem+json");
    }
  }

  @Test
  void theSessionLeavesWithItsClient() {
    String tenant = tenant();
    SseClient in = open(tenant, "topics=app.t", null);
    in.expect("subscribed");
    in.close();
    GatewayFixture.eventually(() -> gateway.sessionsOf(tenant).isEmpty());
  }

  @Test
  void aDrainSendsStreamsElsewhere() {
    try (GatewayFixture node = GatewayFixture.start();
        SseClient in =
            SseClient.open(
                node.port(), "/api/v1/tenants/acme/stream", node.token("acme", "r"), null)) {
      in.expect("subscribed");
      node.drain(Duration.ofSeconds(5));
      JsonObject error = in.expect("error");
      assertThat(error.getString("code")).isEqualTo("draining");
      assertThat(error.getString("retry")).isEqualTo("now");
      assertThat(in.isAtEnd()).isTrue();
    }
  }
}
