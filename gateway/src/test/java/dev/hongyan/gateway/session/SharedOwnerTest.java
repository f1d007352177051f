package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.gateway.testing.SharedWorkers;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shared subscriptions when workers fail, owners change and logs are replaced. */
class SharedOwnerTest {
  private final String topic = "app." + name();
  private final String sub = name();
  private GatewayFixture gateway;
  private DeadLetterStore dead;

  @BeforeEach
  void start() {
    gateway = GatewayFixture.withAttempts(3);
    dead = new DeadLetterStore(gateway.redis().link(), Clock.system());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static String name() {
    return "n" + UUID.randomUUID().toString().substring(0, 8);
  }

  private void publish(WsClient ws, int from, int n, int subjects) {
    for (int i = from; i < from + n; i++) {
      ws.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", i)
              .put("topic", topic)
              .put("subject", "u" + i % subjects)
              .put("data", new JsonObject().put("i", i)));
    }
    for (int i = 0; i < n; i++) {
      ws.expect("published");
    }
  }

  @CanIgnoreReturnValue
  private WsClient subscribe(WsClient ws) {
    return ws.send(
        new JsonObject()
            .put("op", "subscribe")
            .put("sub", sub)
            .put("mode", "shared")
            .put("topics", new JsonArray().add(topic)));
  }

  private static int number(JsonObject message) {
    return message.getJsonObject("event").getJsonObject("data").getInteger("i");
  }

  private Set<Integer> deadNumbers() {
    Set<Integer> out = new HashSet<>();
    String next = null;
    do {
      DeadLetterStore.Page page =
          gateway.redis().await(dead.list("acme", DeadLetterStore.Filter.ALL, next, 100));
      for (DeadLetter letter : page.items()) {
        String event = new String(letter.event(), StandardCharsets.UTF_8);
        assertThat(out.add(new JsonObject(event).getJsonObject("data").getInteger("i"))).isTrue();
      }
      next = page.next();
    } while (next != null);
    return out;
  }

  /** The name begins where the log is now. */
  private void begin() {
    try (WsClient ws = gateway.connect("acme", name())) {
      subscribe(ws).expect("subscribed");
    }
  }

  @Test
  void eightWorkersThatFailNowAndThenLoseNothingAndKeepTheOrderOfSubjects() throws Exception {
    begin();
    try (WsClient pub = gateway.connect("acme", name());
        SharedWorkers workers = new SharedWorkers(gateway, sub, topic, 8, 8)) {
      publish(pub, 1, 2_000, 40);
      workers.await(2_000, this::deadNumbers);
      if (workers.ownersLost() == 0) { // a machine under load may lose its leases
        assertThat(workers.wrong()).isEmpty();
      }
      assertThat(workers.cuts()).isPositive();
      assertThat(workers.again()).isPositive();
    }
  }

  @Test
  void nothingIsLostWhenTheOwnerChangesUnderWork() throws Exception {
    begin();
    try (WsClient pub = gateway.connect("acme", name());
        SharedWorkers workers = new SharedWorkers(gateway, sub, topic, 0, 4)) {
      publish(pub, 1, 300, 40);
      workers.await(100, Set::of);
      gateway.stopRouter();
      publish(pub, 301, 300, 40);
      gateway.startRouter();
      workers.await(600, Set::of);
    }
    assertThat(deadNumbers()).isEmpty();
  }

  @Test
  @Rule("H12")
  void whenTheOwnerGoesSessionsCloseWith4002AndTheNextOneKnowsWhatWasDone() {
    try (WsClient pub = gateway.connect("acme", name())) {
      try (WsClient one = gateway.connect("acme", name())) {
        subscribe(one).expect("subscribed");
        publish(pub, 1, 5, 5);
        List<JsonObject> got = one.messages(5);
        JsonArray cursors =
            new JsonArray().add(got.get(1).getString("cursor")).add(got.get(3).getString("cursor"));
        one.send(new JsonObject().put("op", "ack").put("sub", sub).put("cursors", cursors));
        assertThat(one.isQuiet()).isTrue();
        gateway.stopRouter();
        assertThat(one.closeCode()).isEqualTo(4002);
      }
      try (WsClient two = gateway.connect("acme", name())) {
        subscribe(two);
        assertThat(two.isQuiet()).isTrue(); // waits for an owner
        gateway.startRouter();
        assertThat(two.expect("subscribed").getString("verdict")).isEqualTo("resumed");
        assertThat(two.messages(3)).extracting(SharedOwnerTest::number).containsExactly(1, 3, 5);
      }
    }
  }

  @Test
  void withoutAnOwnerForTenSecondsTheSubscriptionIsRefused() {
    gateway.stopRouter();
    try (WsClient one = gateway.connect("acme", name())) {
      JsonObject error = subscribe(one).expect("error");
      assertThat(error.getString("code")).isEqualTo("store-unavailable");
      assertThat(error.getString("sub")).isEqualTo(sub);
      assertThat(error.getString("retry")).isEqualTo("later");
    }
  }

  @Test
  void aNewerOwnerInTheStoreFencesOffTheOlder() {
    try (WsClient pub = gateway.connect("acme", name());
        WsClient one = gateway.connect("acme", name())) {
      subscribe(one).expect("subscribed");
      publish(pub, 1, 1, 1);
      String cursor = one.messages(1).get(0).getString("cursor");
      var unused = gateway.redis().send(Command.HSET, "hy:{acme}:head", "fence", "999999");
      one.ack(sub, cursor);
      assertThat(one.closeCode()).isEqualTo(4002); // its save was refused
    }
  }

  @Test
  void aReplacedLogIsToldAsAGapAndReadFromItsBeginning() {
    try (WsClient pub = gateway.connect("acme", name());
        WsClient one = gateway.connect("acme", name())) {
      subscribe(one).expect("subscribed");
      publish(pub, 1, 3, 3);
      List<JsonObject> old = one.messages(3);
      var unused = gateway.redis().send(Command.DEL, "hy:{acme}:head", "hy:{acme}:log");
      publish(pub, 4, 2, 2);
      JsonObject gap = one.expect("gap");
      assertThat(gap.getString("reason")).isEqualTo("epoch");
      List<Integer> got = new ArrayList<>();
      one.messages(2).forEach(m -> got.add(number(m)));
      assertThat(got).containsExactlyInAnyOrder(4, 5);
      one.ack(sub, old.get(0).getString("cursor")); // means nothing now
      assertThat(one.isQuiet()).isTrue();
    }
  }

  @Test
  void aStalledSocketHoldsNoMoreThanItsWindowAndOthersGoOn() {
    String big = "x".repeat(60_000);
    try (WsClient pub = gateway.connect("acme", name());
        WsClient stalled = gateway.connect("acme", name());
        WsClient other = gateway.connect("acme", name())) {
      subscribe(stalled).expect("subscribed");
      subscribe(other).expect("subscribed");
      stalled.socket().pause();
      for (int i = 1; i <= 60; i++) {
        pub.send(
            new JsonObject()
                .put("op", "publish")
                .put("serial", i)
                .put("topic", topic)
                .put("data", new JsonObject().put("i", i).put("big", big)));
        pub.expect("published");
      }
      // 1 MiB of the 3.6 MB stands with the stalled one; all the rest comes here.
      Set<Integer> got = new HashSet<>();
      while (got.size() < 43) {
        JsonObject line = other.next();
        if (line.getString("op").equals("msg")) {
          assertThat(got.add(number(line))).isTrue();
          other.ack(sub, line.getString("cursor"));
        }
      }
      stalled.cut();
      while (got.size() < 60) {
        JsonObject line = other.next();
        if (line.getString("op").equals("msg")) {
          assertThat(got.add(number(line))).isTrue();
          other.ack(sub, line.getString("cursor"));
        }
      }
    }
  }
}
