package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Ledger;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ledger says of subscriptions that clients really have. */
class SubscriptionLedgerTest {
  private static GatewayFixture gateway;
  private static CursorStore cursors;
  private String tenant;
  private WsClient pub;
  private int serial;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
    cursors = new CursorStore(gateway.redis().link(), Clock.system(), () -> "unused");
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void tenant() {
    tenant = "t" + UUID.randomUUID().toString().substring(0, 8);
    RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", tenant)));
    pub = gateway.connect(tenant, "pub");
  }

  private void publish(String topic, int n) {
    for (int i = 0; i < n; i++) {
      pub.send(
          new JsonObject()
              .put("op", "publish")
              .put("serial", ++serial)
              .put("topic", topic)
              .put("data", new JsonObject().put("i", i)));
    }
    for (int i = 0; i < n; i++) {
      pub.expect("published");
    }
  }

  private WsClient reader(String mode) {
    WsClient ws = gateway.connect(tenant, "reader");
    ws.send(
            new JsonObject()
                .put("op", "subscribe")
                .put("sub", "s")
                .put("mode", mode)
                .put("topics", new JsonArray().add("app.mine"))
                .put("cursor", "first"))
        .expect("subscribed");
    return ws;
  }

  private static String cursor(JsonObject message) {
    return message.getString("cursor");
  }

  private static void ack(WsClient ws, String mode, JsonObject message) {
    JsonObject ack = new JsonObject().put("op", "ack").put("sub", "s");
    var unused =
        ws.send(
            mode.equals("shared")
                ? ack.put("cursors", new JsonArray().add(cursor(message)))
                : ack.put("cursor", cursor(message)));
  }

  /** What the store says once it is so. */
  private void becomes(Predicate<Ledger> so) {
    AtomicReference<Ledger> last = new AtomicReference<>();
    try {
      GatewayFixture.eventually(
          () -> {
            List<CursorStore.Stored> all = gateway.redis().await(cursors.list(tenant));
            Ledger now = Ledger.of(all.get(0), gateway.redis().await(gateway.log().head(tenant)));
            assertThat(now.isBalanced()).as(now.toString()).isTrue();
            last.set(now);
            return so.test(now);
          });
    } catch (AssertionError e) {
      throw new AssertionError("it stayed " + last.get(), e);
    }
  }

  private static Predicate<Ledger> counts(
      long received, long delivered, long dead, long filtered, long pending) {
    return l -> l.equals(new Ledger("s", received, delivered, 0, dead, filtered, pending));
  }

  @ParameterizedTest
  @ValueSource(strings = {"durable", "shared"})
  void everyMessageOfTheLogIsAccountedForOnceOverManyConnections(String mode) {
    publish("app.mine", 3);
    publish("app.others", 4);
    try (WsClient ws = reader(mode)) {
      List<JsonObject> got = ws.messages(3);
      ack(ws, mode, got.get(0));
      becomes(l -> l.delivered() == 1 && l.received() == 7);
    }
    try (WsClient ws = reader(mode)) {
      List<JsonObject> got = ws.messages(2); // the second and third come again
      var unused =
          ws.send(
              new JsonObject()
                  .put("op", "term")
                  .put("sub", "s")
                  .put("reason", "of no use")
                  .put("cursors", new JsonArray().add(cursor(got.get(0)))));
      ack(ws, mode, got.get(1));
      publish("app.mine", 1);
      ack(ws, mode, ws.messages(1).get(0));
      becomes(l -> l.delivered() == 3 && l.dead() == 1);
    }
    becomes(counts(8, 3, 1, 4, 0));
    publish("app.mine", 2);
    becomes(counts(10, 3, 1, 4, 2));
  }
}
