package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Protocol, section 4: where reading begins, what is said about it, and how holes are told. */
class ResumeTest {
  private static GatewayFixture gateway;
  private String tenant;
  private WsClient pub;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  /** Each test has a log of its own, so that it may cut and replace it. */
  @BeforeEach
  void tenant() {
    tenant = "t" + UUID.randomUUID().toString().substring(0, 8);
    RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", tenant)));
    pub = gateway.connect(tenant, "pub");
  }

  private void publish(int from, int n) {
    publish(from, n, "");
  }

  private void publish(int from, int n, String padding) {
    for (int i = from; i < from + n; i++) {
      pub.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", i)
              .put("topic", "app.t")
              .put("data", new JsonObject().put("i", i).put("padding", padding)));
    }
    for (int i = 0; i < n; i++) {
      pub.expect("published");
    }
  }

  private static List<Integer> numbers(List<JsonObject> messages) {
    List<Integer> out = new ArrayList<>();
    messages.forEach(m -> out.add(m.getJsonObject("event").getJsonObject("data").getInteger("i")));
    return out;
  }

  private WsClient connect() {
    return gateway.connect(tenant, "c" + UUID.randomUUID().toString().substring(0, 8));
  }

  private static JsonObject subscribe(String mode) {
    return new JsonObject()
        .put("op", "subscribe")
        .put("sub", "s")
        .put("mode", mode)
        .put("topics", new JsonArray().add("app.#"));
  }

  /** Leaves the newest {@code n}; durable names hold back as many again. */
  private void trimTo(int n) {
    RedisFixture.await(gateway.log().trim(tenant, new LogStore.Retention(n, Duration.ZERO), 0, 1));
  }

  private void replaceLog() {
    Keys keys = Keys.of(tenant);
    var unused = gateway.redis().send(Command.DEL, keys.log(), keys.head(), keys.marks());
  }

  private static void assertGap(JsonObject gap, String from, String to, String reason) {
    assertThat(gap.getString("from")).isEqualTo(from);
    assertThat(gap.getString("to")).isEqualTo(to);
    assertThat(gap.getString("reason")).isEqualTo(reason);
  }

  @Test
  @Rule("U3")
  void aNewNameBeginsAtTheHeadOrWhereItSays() {
    publish(1, 5);
    try (WsClient ws = connect()) {
      JsonObject now = ws.send(subscribe("live")).expect("subscribed");
      assertThat(now.getString("verdict")).isEqualTo("new");
      assertThat(now.getString("cursor")).isEqualTo(now.getString("head"));
      String epoch = now.getString("head").split(":")[0];

      JsonObject again = ws.send(subscribe("live").put("cursor", "now")).expect("subscribed");
      assertThat(again.getString("cursor")).isEqualTo(now.getString("head"));

      JsonObject first = ws.send(subscribe("live").put("cursor", "first")).expect("subscribed");
      assertThat(first.getString("verdict")).isEqualTo("new");
      assertThat(first.getString("cursor")).isEqualTo(epoch + ":0");
      assertThat(numbers(ws.messages(5))).containsExactly(1, 2, 3, 4, 5);

      JsonObject third =
          ws.send(subscribe("live").put("cursor", epoch + ":3")).expect("subscribed");
      assertThat(third.getString("verdict")).isEqualTo("resumed");
      assertThat(numbers(ws.messages(2))).containsExactly(4, 5);
    }
  }

  @Test
  @Rule("U4")
  void aKnownDurableNameIgnoresACursorUnlessItSeeks() {
    publish(1, 6);
    try (WsClient ws = connect()) {
      String epoch =
          ws.send(subscribe("durable").put("cursor", "first"))
              .expect("subscribed")
              .getString("head")
              .split(":")[0];
      ws.messages(6);
      ws.ack("s", epoch + ":4");
      assertThat(ws.isQuiet()).isTrue();
    }
    String epoch;
    try (WsClient ws = connect()) {
      JsonObject known = ws.send(subscribe("durable").put("cursor", "first")).expect("subscribed");
      assertThat(known.getString("verdict")).isEqualTo("resumed");
      assertThat(numbers(ws.messages(2))).containsExactly(5, 6);
      epoch = known.getString("head").split(":")[0];
    }
    try (WsClient ws = connect()) {
      JsonObject sought =
          ws.send(subscribe("durable").put("cursor", epoch + ":2").put("seek", true))
              .expect("subscribed");
      assertThat(sought.getString("verdict")).isEqualTo("resumed");
      assertThat(sought.getString("cursor")).isEqualTo(epoch + ":2");
      assertThat(numbers(ws.messages(4))).containsExactly(3, 4, 5, 6);
    }
    try (WsClient ws = connect()) { // nothing was acknowledged since: the place sought counts
      ws.send(subscribe("durable")).expect("subscribed");
      assertThat(numbers(ws.messages(4))).containsExactly(3, 4, 5, 6);
    }
  }

  @Test
  @Rule("U9")
  void aCursorBehindTheOldestKeptIsToldAsAGap() {
    publish(1, 20);
    try (WsClient ws = connect()) {
      String epoch =
          ws.send(subscribe("live")).expect("subscribed").getString("head").split(":")[0];
      trimTo(4);
      JsonObject gap = ws.send(subscribe("live").put("cursor", epoch + ":2")).expect("subscribed");
      assertThat(gap.getString("verdict")).isEqualTo("gap");
      assertThat(gap.getString("cursor")).isEqualTo(epoch + ":16");
      assertThat(gap.getString("head")).isEqualTo(epoch + ":20");
      assertGap(gap.getJsonObject("gap"), epoch + ":2", epoch + ":16", "retention");
      assertThat(numbers(ws.messages(4))).containsExactly(17, 18, 19, 20);
    }
  }

  @Test
  @Rule("U9")
  void aDurableNameThatStayedAwayTooLongIsToldItsGap() {
    String epoch;
    try (WsClient ws = connect()) {
      epoch = ws.send(subscribe("durable")).expect("subscribed").getString("head").split(":")[0];
    }
    publish(1, 20);
    trimTo(3);
    try (WsClient ws = connect()) {
      JsonObject gap = ws.send(subscribe("durable")).expect("subscribed");
      assertThat(gap.getString("verdict")).isEqualTo("gap");
      assertGap(gap.getJsonObject("gap"), epoch + ":0", epoch + ":14", "retention");
      assertThat(numbers(ws.messages(6))).startsWith(15).endsWith(20);
    }
  }

  @Test
  @Rule("U10")
  void aReplacedLogIsAResetThatBeginsAtItsOldestMessage() {
    publish(1, 10);
    String old;
    try (WsClient ws = connect()) {
      old = ws.send(subscribe("live")).expect("subscribed").getString("cursor");
      ws.send(subscribe("durable").put("sub", "d")).expect("subscribed");
      assertThat(ws.isQuiet()).isTrue();
    }
    pub.cut();
    replaceLog();
    pub = connect();
    publish(101, 3);
    try (WsClient ws = connect()) {
      JsonObject live = ws.send(subscribe("live").put("cursor", old)).expect("subscribed");
      assertThat(live.getString("verdict")).isEqualTo("reset");
      String epoch = live.getString("head").split(":")[0];
      assertThat(old).doesNotStartWith(epoch + ":");
      assertGap(live.getJsonObject("gap"), old, epoch + ":0", "epoch");
      assertThat(numbers(ws.messages(3))).containsExactly(101, 102, 103);

      JsonObject durable = ws.send(subscribe("durable").put("sub", "d")).expect("subscribed");
      assertThat(durable.getString("verdict")).isEqualTo("reset");
      assertThat(numbers(ws.messages(3))).containsExactly(101, 102, 103);
    }
  }

  @Test
  @Rule("U10")
  void aCursorBeyondTheHeadIsAReset() {
    publish(1, 3);
    try (WsClient ws = connect()) {
      String epoch =
          ws.send(subscribe("live")).expect("subscribed").getString("head").split(":")[0];
      JsonObject beyond =
          ws.send(subscribe("live").put("cursor", epoch + ":99")).expect("subscribed");
      assertThat(beyond.getString("verdict")).isEqualTo("reset");
      assertThat(numbers(ws.messages(3))).containsExactly(1, 2, 3);
    }
  }

  @Test
  @Rule("D7")
  void aHoleThatIsMetWhileConnectedIsAnnouncedBetweenTheMessages() {
    try (WsClient ws = connect()) {
      String epoch =
          ws.send(subscribe("durable").put("window", 1))
              .expect("subscribed")
              .getString("head")
              .split(":")[0];
      publish(1, 200); // more than is kept at hand
      assertThat(numbers(ws.messages(1))).containsExactly(1);
      trimTo(1);
      ws.ack("s", epoch + ":1");
      String at = epoch + ":1";
      JsonObject line = ws.next();
      for (; line.getString("op").equals("gap"); line = ws.next()) { // in one piece or in several
        assertThat(line.getString("sub")).isEqualTo("s");
        assertGap(line, at, line.getString("to"), "retention");
        at = line.getString("to");
      }
      long hole = Long.parseLong(at.split(":")[1]);
      assertThat(hole).isBetween(100L, 198L); // the newest were still at hand
      assertThat(line.getString("op")).isEqualTo("deliver");
      assertThat(ws.expect("msg").getString("cursor")).isEqualTo(epoch + ":" + (hole + 1));
      ws.ack("s", epoch + ":" + (hole + 1));
      assertThat(ws.messages(1).get(0).getString("cursor")).isEqualTo(epoch + ":" + (hole + 2));
    }
  }

  @Test
  @Rule("D7")
  void aLogThatIsReplacedWhileConnectedIsAnnouncedAsAGapOfEpochs() {
    try (WsClient ws = connect()) {
      publish(1, 2);
      ws.send(subscribe("live").put("cursor", "first")).expect("subscribed");
      ws.messages(2);
      replaceLog();
      JsonObject gap = ws.expect("gap");
      assertThat(gap.getString("reason")).isEqualTo("epoch");
      assertThat(gap.getString("to")).endsWith(":0");
      publish(3, 2);
      assertThat(numbers(ws.messages(2))).containsExactly(3, 4);
    }
  }

  @Test
  @Rule("D8")
  void whoStopsReadingTheSocketFindsEverythingInTheLogLaterAndIsLiveAgain() {
    int n = 600;
    try (RawSocket slow =
            RawSocket.open(
                gateway.port(),
                4096,
                "Sec-WebSocket-Protocol: hongyan.v1",
                "Authorization: Bearer " + gateway.token(tenant, "slow"));
        RawSocket other = RawSocket.withToken(gateway.port(), gateway.token(tenant, "other"))) {
      other.hello("other");
      slow.hello("slow");
      slow.text(subscribe("live").encode());
      String at = slow.expect("subscribed").getString("cursor");
      other.text(subscribe("live").encode());
      other.expect("subscribed");

      publish(1, n, "x".repeat(30_000)); // 18 MB, far more than sockets hold
      assertThat(numbers(other.messages(n))).as("others are not held up").hasSize(n).isSorted();

      List<Integer> got = new ArrayList<>();
      while (got.size() < n) {
        JsonObject deliver = slow.expect("deliver");
        assertThat(deliver.getString("prev")).isEqualTo(at);
        for (int i = deliver.getInteger("n"); i > 0; i--) {
          JsonObject msg = slow.expect("msg");
          at = msg.getString("cursor");
          got.addAll(numbers(List.of(msg)));
        }
      }
      assertThat(got).isSorted().doesNotHaveDuplicates().startsWith(1).endsWith(n);
      assertThat(readFromLog()).as("entries read back").isGreaterThan(100);

      publish(n + 1, 1);
      assertThat(numbers(slow.messages(1))).containsExactly(n + 1);
      slow.text("{\"op\":\"beat\",\"t\":1,\"n\":1}");
      JsonObject beat = slow.expect("beat");
      assertThat(beat.getJsonObject("behind").getLong("s")).isZero();
      assertThat(beat.getJsonObject("heads").getString("s")).endsWith(":" + (n + 1));
    }
  }

  private static double readFromLog() {
    return new String(gateway.metrics().scrape("text/plain"), StandardCharsets.UTF_8)
        .lines()
        .filter(l -> l.startsWith("hongyan_log_read_total "))
        .mapToDouble(l -> Double.parseDouble(l.split(" ")[1]))
        .sum();
  }

  @Test
  @Rule("S5")
  void aBeatNamesOnlySubscriptionsThatHaveBegun() {
    try (WsClient ws = connect()) {
      ws.sendText(subscribe("durable").encode() + "\n{\"op\":\"beat\",\"t\":1,\"n\":1}");
      JsonObject beat = ws.next();
      while (!beat.getString("op").equals("beat")) {
        beat = ws.next();
      }
      for (Object head : beat.getJsonObject("heads").getMap().values()) {
        assertThat((String) head).matches("[a-z0-9]+:\\d+");
      }
    }
  }

  @Test
  @Rule("U5")
  void whatWasNeverACursorIsABadCursorAndNoSubscription() {
    try (WsClient ws = connect()) {
      for (Object bad : List.of("", "x", "k:", ":1", "K:1", "k:-1", "k:1x", "last", 5, true)) {
        JsonObject error = ws.send(subscribe("live").put("cursor", bad)).expect("error");
        assertThat(error.getString("code")).as("%s", bad).isEqualTo("bad-cursor");
        assertThat(error.getString("sub")).isEqualTo("s");
      }
      assertThat(ws.ack("s", "k:1").expect("error").getString("code"))
          .isEqualTo("no-such-subscription");
    }
  }
}
