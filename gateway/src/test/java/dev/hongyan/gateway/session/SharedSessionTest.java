package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The lines of the protocol about {@code shared}, over real sockets. */
class SharedSessionTest {
  private static final int ATTEMPTS_MAX = 3;
  private static GatewayFixture gateway;
  private static DeadLetterStore dead;

  private final String topic = "app." + name();
  private final String sub = name();

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.withAttempts(ATTEMPTS_MAX);
    dead = new DeadLetterStore(gateway.redis().link(), Clock.system());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static String name() {
    return "n" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static WsClient connect() {
    return gateway.connect("acme", name());
  }

  private WsClient member(JsonObject more) {
    WsClient ws = connect();
    subscribe(ws, more).expect("subscribed");
    return ws;
  }

  private WsClient member() {
    return member(new JsonObject());
  }

  @CanIgnoreReturnValue
  private WsClient subscribe(WsClient ws, JsonObject more) {
    return ws.send(
        new JsonObject()
            .put("op", "subscribe")
            .put("sub", sub)
            .put("mode", "shared")
            .put("topics", new JsonArray().add(topic))
            .mergeIn(more));
  }

  private void publish(WsClient ws, int serial, String subject) {
    JsonObject op =
        new JsonObject()
            .put("op", "publish")
            .put("serial", serial)
            .put("topic", topic)
            .put("data", new JsonObject().put("i", serial));
    if (subject != null) {
      op.put("subject", subject);
    }
    ws.send(op).expect("published");
  }

  private JsonObject settle(String op, List<String> cursors) {
    return new JsonObject().put("op", op).put("sub", sub).put("cursors", new JsonArray(cursors));
  }

  private void ack(WsClient ws, JsonObject... messages) {
    List<String> cursors = new ArrayList<>();
    for (JsonObject m : messages) {
      cursors.add(m.getString("cursor"));
    }
    ws.send(settle("ack", cursors));
  }

  @CanIgnoreReturnValue
  private static JsonObject message(WsClient ws) {
    return ws.messages(1).get(0);
  }

  private static int number(JsonObject message) {
    return message.getJsonObject("event").getJsonObject("data").getInteger("i");
  }

  private List<DeadLetter> letters() {
    return gateway
        .redis()
        .await(dead.list("acme", new DeadLetterStore.Filter(sub, null), null, 100))
        .items();
  }

  // ---- section 4: who gets a message ----

  @Test
  @Rule("H1")
  void oneOfTheConnectionsGetsAMessageAndASubjectStaysWithItsConnection() {
    try (WsClient pub = connect();
        WsClient one = member();
        WsClient two = member()) {
      Map<String, WsClient> homes = new HashMap<>();
      for (int i = 1; i <= 20; i++) {
        publish(pub, i, "u" + i % 4);
      }
      int got = 0;
      Map<WsClient, Integer> counts = new HashMap<>();
      while (got < 20) {
        for (WsClient ws : List.of(one, two)) {
          JsonObject line = ws.poll(20);
          if (line == null || line.getString("op").equals("deliver")) {
            continue;
          }
          assertThat(line.getString("op")).isEqualTo("msg");
          WsClient home = homes.putIfAbsent(line.getJsonObject("event").getString("subject"), ws);
          assertThat(home == null || home == ws).isTrue();
          counts.merge(ws, 1, Integer::sum);
          got++;
          ack(ws, line);
        }
      }
      assertThat(counts).containsEntry(one, 10).containsEntry(two, 10);
    }
  }

  @Test
  @Rule("H2")
  void oneMessageOfASubjectAtATimeAndTheNextFollowsTheAck() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "anna");
      publish(pub, 2, "anna");
      publish(pub, 3, "bert");
      JsonObject a = message(one);
      JsonObject b = message(one);
      assertThat(List.of(number(a), number(b))).containsExactly(1, 3);
      assertThat(one.isQuiet()).isTrue();
      one.ack(sub, a.getString("cursor")); // the single form means that one
      assertThat(number(message(one))).isEqualTo(2);
    }
  }

  @Test
  @Rule("H3")
  void aDeliveryNamesNoCursorBeforeItAndTheFirstAttemptIsNotNumbered() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "anna");
      JsonObject deliver = one.expect("deliver");
      assertThat(deliver.containsKey("prev")).isFalse();
      assertThat(deliver.getString("sub")).isEqualTo(sub);
      assertThat(one.expect("msg").containsKey("attempt")).isFalse();
    }
  }

  @Test
  @Rule("H4")
  void beatsNameNoHeadOfASharedSubscriptionButHowFarBehindItIs() {
    try (WsClient one = member()) {
      one.send(new JsonObject().put("op", "beat").put("t", 1).put("n", 2));
      JsonObject beat = one.expect("beat");
      assertThat(beat.getJsonObject("heads").containsKey(sub)).isFalse();
      assertThat(beat.getJsonObject("behind").getLong(sub)).isNotNull();
    }
  }

  @Test
  @Rule("H5")
  void noMoreThanTheWindowIsWithAConnection() {
    try (WsClient pub = connect();
        WsClient one = member(new JsonObject().put("window", 2))) {
      for (int i = 1; i <= 4; i++) {
        publish(pub, i, null);
      }
      List<JsonObject> first = one.messages(2);
      assertThat(one.isQuiet()).isTrue();
      ack(one, first.get(1));
      assertThat(number(message(one))).isEqualTo(3);
      assertThat(one.isQuiet()).isTrue();
    }
  }

  @Test
  @Rule("H6")
  void whatAConnectionHadGoesToAnotherWhenItEnds() {
    try (WsClient pub = connect();
        WsClient one = member(new JsonObject().put("ackTimeoutMs", 3_600_000))) {
      publish(pub, 1, "anna");
      publish(pub, 2, "anna");
      assertThat(number(message(one))).isEqualTo(1);
      try (WsClient two = member()) {
        one.cut();
        JsonObject again = message(two);
        assertThat(number(again)).isEqualTo(1);
        assertThat(again.getInteger("attempt")).isEqualTo(2);
        ack(two, again);
        JsonObject next = message(two);
        assertThat(number(next)).isEqualTo(2);
        assertThat(next.containsKey("attempt")).isFalse();
      }
    }
  }

  @Test
  @Rule("H7")
  void anUnackedMessageGoesToAnotherConnectionAfterTheAckTimeout() {
    try (WsClient pub = connect();
        WsClient one = member(new JsonObject().put("ackTimeoutMs", 300))) {
      publish(pub, 1, "anna");
      JsonObject first = message(one);
      try (WsClient two = member()) {
        JsonObject again = message(two);
        assertThat(number(again)).isEqualTo(1);
        assertThat(again.getInteger("attempt")).isEqualTo(2);
        ack(one, first); // late: no error, and two still has it
        assertThat(one.isQuiet()).isTrue();
        ack(two, again);
        assertThat(two.isQuiet()).isTrue();
      }
    }
  }

  @Test
  @Rule("H8")
  void aNackedMessageComesAgainLaterAndHoldsOnlyItsSubject() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "anna");
      publish(pub, 2, "anna");
      JsonObject first = message(one);
      one.send(settle("nack", List.of(first.getString("cursor"))).put("delayMs", 400));
      publish(pub, 3, "bert");
      assertThat(number(message(one))).isEqualTo(3);
      JsonObject again = message(one);
      assertThat(number(again)).isEqualTo(1);
      assertThat(again.getInteger("attempt")).isEqualTo(2);
      assertThat(again.getJsonObject("event")).isEqualTo(first.getJsonObject("event"));
    }
  }

  @Test
  @Rule("H9")
  void extendKeepsAMessageThatIsStillWorkedOn() {
    try (WsClient pub = connect();
        WsClient one = member(new JsonObject().put("ackTimeoutMs", 2_000))) {
      publish(pub, 1, "anna");
      JsonObject long1 = message(one);
      one.send(settle("extend", List.of(long1.getString("cursor"))).put("ms", 600_000));
      publish(pub, 2, "bert");
      message(one);
      JsonObject again = message(one); // bert's clock ran out after anna's would have
      assertThat(number(again)).isEqualTo(2);
      assertThat(again.getInteger("attempt")).isEqualTo(2);
      ack(one, long1, again);
      publish(pub, 3, "anna");
      assertThat(number(message(one))).isEqualTo(3);
    }
  }

  // ---- dead letters ----

  @Test
  void aDeadLetterThatIsPutBackComesAgainAsANewSeries() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "a");
      JsonObject first = message(one);
      one.send(settle("term", List.of(first.getString("cursor"))).put("reason", "not yet"));
      GatewayFixture.eventually(() -> letters().size() == 1);
      int put = gateway.redis().await(gateway.consumers().putBack("acme", letters()));
      assertThat(put).isEqualTo(1);
      JsonObject again = message(one);
      assertThat(again.getJsonObject("event")).isEqualTo(first.getJsonObject("event"));
      assertThat(again.containsKey("attempt")).isFalse();
      one.send(settle("ack", List.of(again.getString("cursor"))));
      GatewayFixture.eventually(
          () -> gateway.redis().await(gateway.consumers().putBacks("acme")).isEmpty());
      assertThat(letters()).isEmpty();
    }
  }

  @Test
  @Rule("H10")
  void aTerminatedMessageGoesToTheDeadLettersAndItsSubjectGoesOn() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "anna");
      publish(pub, 2, "anna");
      JsonObject first = message(one);
      one.send(settle("term", List.of(first.getString("cursor"))).put("reason", "no such order"));
      assertThat(number(message(one))).isEqualTo(2);
      assertThat(letters()).hasSize(1);
      DeadLetter letter = letters().get(0);
      assertThat(letter.reason()).isEqualTo("terminated");
      assertThat(letter.lastError()).isEqualTo("no such order");
      assertThat(letter.attempts()).isEqualTo(1);
      assertThat(letter.place().toString()).isEqualTo(first.getString("cursor"));
      assertThat(Long.toString(letter.messageId()))
          .isEqualTo(first.getJsonObject("event").getString("id"));
      assertThat(
              new JsonObject(new String(letter.event(), java.nio.charset.StandardCharsets.UTF_8)))
          .isEqualTo(first.getJsonObject("event"));
    }
  }

  @Test
  @Rule("H11")
  void aNackATimeoutAndATakeoverCountAndAfterTheLastOneTheMessageIsDead() {
    try (WsClient pub = connect();
        WsClient one = member(new JsonObject().put("ackTimeoutMs", 300))) {
      publish(pub, 1, "anna");
      JsonObject first = message(one);
      one.send(settle("nack", List.of(first.getString("cursor"))));
      assertThat(message(one).getInteger("attempt")).isEqualTo(2);
      try (WsClient two = member()) {
        assertThat(message(two).getInteger("attempt")).isEqualTo(3); // by one's timeout
        publish(pub, 2, "anna");
        two.cut();
        assertThat(number(message(one))).isEqualTo(2);
      }
      assertThat(letters()).hasSize(1);
      assertThat(letters().get(0).reason()).isEqualTo("worn-out");
      assertThat(letters().get(0).attempts()).isEqualTo(ATTEMPTS_MAX);
      assertThat(letters().get(0).lastError()).isEqualTo("the connection ended");
    }
  }

  @Test
  void aMessageThatKillsItsOnlyWorkerEachTimeWearsOut() {
    try (WsClient pub = connect()) {
      try (WsClient one = member()) {
        publish(pub, 1, "anna");
        publish(pub, 2, "anna");
        assertThat(number(message(one))).isEqualTo(1);
      }
      for (int attempt = 2; attempt <= ATTEMPTS_MAX; attempt++) {
        try (WsClient again = member()) {
          JsonObject m = message(again);
          assertThat(number(m)).isEqualTo(1);
          assertThat(m.getInteger("attempt")).isEqualTo(attempt);
        }
      }
      try (WsClient last = member()) {
        assertThat(number(message(last))).isEqualTo(2);
      }
      assertThat(letters()).extracting(DeadLetter::reason).containsExactly("worn-out");
    }
  }

  @Test
  @Rule("D9")
  void aDurableSubscriptionGivesUpSingleMessagesToo() {
    try (WsClient pub = connect()) {
      JsonObject durable = new JsonObject().put("mode", "durable").put("window", 3);
      List<JsonObject> got;
      try (WsClient one = member(durable)) {
        for (int i = 1; i <= 4; i++) {
          publish(pub, i, null);
        }
        got = one.messages(3);
        one.send(
            settle("term", List.of(got.get(0).getString("cursor"), got.get(2).getString("cursor")))
                .put("reason", "broken"));
        assertThat(number(message(one))).isEqualTo(4); // the first counts as done
      }
      assertThat(letters()).extracting(DeadLetter::reason).containsOnly("terminated").hasSize(2);
      try (WsClient again = member(durable)) { // the second was never done
        assertThat(again.messages(3)).extracting(m -> number(m)).containsExactly(2, 3, 4);
        again.send(settle("term", List.of("x")).put("reason", "r"));
        assertThat(again.expect("error").getString("code")).isEqualTo("bad-cursor");
      }
    }
  }

  // ---- who keeps the cursor ----

  @Test
  @Rule("U4")
  void aKnownNameGoesOnWhereItStoodAndSeekMovesIt() {
    try (WsClient pub = connect()) {
      String first;
      try (WsClient one = connect()) {
        JsonObject said = subscribe(one, new JsonObject()).expect("subscribed");
        assertThat(said.getString("verdict")).isEqualTo("new");
        first = said.getString("cursor");
        publish(pub, 1, null);
        publish(pub, 2, null);
        publish(pub, 3, null);
        List<JsonObject> got = one.messages(3);
        ack(one, got.get(0), got.get(2));
        assertThat(one.isQuiet()).isTrue();
      }
      try (WsClient two = connect()) {
        JsonObject said =
            subscribe(two, new JsonObject().put("cursor", first)).expect("subscribed");
        assertThat(said.getString("verdict")).isEqualTo("resumed");
        JsonObject left = message(two);
        assertThat(number(left)).isEqualTo(2);
        ack(two, left);
        assertThat(two.isQuiet()).isTrue();
        try (WsClient three = connect()) {
          subscribe(three, new JsonObject().put("cursor", first).put("seek", true))
              .expect("subscribed");
          List<Integer> again = new ArrayList<>();
          while (again.size() < 3) {
            for (WsClient ws : List.of(two, three)) {
              JsonObject line = ws.poll(20);
              if (line != null && line.getString("op").equals("msg")) {
                again.add(number(line));
              }
            }
          }
          assertThat(again).containsExactlyInAnyOrder(1, 2, 3);
        }
      }
    }
  }

  @Test
  @Rule("U7")
  void forgettingDeletesANameThatNobodyElseUses() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, null);
      message(one);
      one.send(new JsonObject().put("op", "unsubscribe").put("sub", sub).put("forget", true));
      assertThat(one.isQuiet()).isTrue();
      long deadline = System.nanoTime() + 15_000_000_000L;
      CursorStore cursors = new CursorStore(gateway.redis().link(), Clock.system(), () -> "unused");
      while (gateway.redis().await(cursors.list("acme")).stream()
          .anyMatch(s -> s.name().equals(sub))) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  @Test
  @Rule("U6")
  void aNameOfAnotherModeIsRefused() {
    try (WsClient one = member();
        WsClient two = connect()) {
      assertThat(one.isQuiet()).isTrue();
      subscribe(two, new JsonObject().put("mode", "durable"));
      assertThat(two.expect("error").getString("code")).isEqualTo("bad-field");
    }
  }

  // ---- section 5: what is wrong is told ----

  @Test
  void whatIsWrongAboutSharedMessagesIsTold() {
    try (WsClient pub = connect();
        WsClient one = member()) {
      publish(pub, 1, "anna");
      JsonObject got = message(one);
      String cursor = got.getString("cursor");
      String never = cursor.substring(0, cursor.indexOf(':')) + ":999999999";
      for (JsonObject bad :
          List.of(
              settle("ack", List.of(never)),
              settle("nack", List.of(never)),
              settle("extend", List.of(never)).put("ms", 5),
              settle("term", List.of(never)).put("reason", "r"),
              settle("ack", List.of("nonsense")),
              new JsonObject().put("op", "ack").put("sub", sub).put("cursor", never))) {
        JsonObject error = one.send(bad).expect("error");
        assertThat(error.getString("code")).as("%s", bad).isEqualTo("bad-cursor");
        assertThat(error.getString("sub")).isEqualTo(sub);
      }
      for (JsonObject bad :
          List.of(
              settle("ack", List.of()),
              settle("ack", List.of(cursor)).put("cursors", 5),
              settle("nack", List.of(cursor)).put("delayMs", -1),
              settle("nack", List.of(cursor)).put("delayMs", "soon"),
              settle("extend", List.of(cursor)),
              settle("extend", List.of(cursor)).put("ms", 0),
              settle("term", List.of(cursor)))) {
        assertThat(one.send(bad).expect("error").getString("code"))
            .as("%s", bad)
            .isEqualTo("bad-field");
      }
      one.subscribe("live", "live", null, topic).expect("subscribed");
      for (String op : List.of("nack", "extend", "term")) {
        JsonObject bad =
            settle(op, List.of(cursor)).put("sub", "live").put("ms", 5).put("reason", "r");
        assertThat(one.send(bad).expect("error").getString("code")).isEqualTo("bad-field");
      }
      assertThat(
              one.send(settle("nack", List.of(cursor)).put("sub", "nobody"))
                  .expect("error")
                  .getString("code"))
          .isEqualTo("no-such-subscription");
      ack(one, got);
      ack(one, got); // twice is no error
      assertThat(one.isQuiet()).isTrue();
    }
  }
}
