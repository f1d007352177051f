package dev.hongyan.gateway.consume;

import static dev.hongyan.gateway.testing.GatewayFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.Receiver;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Ledger;
import dev.hongyan.router.consume.Replay;
import dev.hongyan.router.consume.ReplayStore;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.trail.Trail;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Consumers of a real log, sending to a real server. */
class DestinationsTest {
  private GatewayFixture node;
  private Receiver receiver;
  private WsClient publisher;
  private int serial;

  @BeforeEach
  void start() {
    node = GatewayFixture.start();
    receiver = new Receiver(node.redis().vertx());
    publisher = node.connect("acme", "publisher");
  }

  @AfterEach
  void stop() {
    receiver.close();
    node.close();
  }

  private void destination(String... retry) {
    destination(
        new JsonObject()
            .put("topics", new JsonArray().add("app.#"))
            .put("retry", new JsonArray(List.of(retry))));
  }

  private void destination(JsonObject more) {
    JsonObject crm = new JsonObject().put("id", "crm").put("url", receiver.url()).mergeIn(more);
    node.redis().await(node.tenants().routing().createDestination("acme", crm));
  }

  private void route(JsonObject route) {
    node.redis().await(node.tenants().routing().createRoute("acme", route));
  }

  private void publish(int number, String subject) {
    publisher.send(
        new JsonObject()
            .put("op", "publish")
            .put("serial", ++serial)
            .put("topic", "app.orders")
            .put("subject", subject)
            .put("data", new JsonObject().put("n", number)));
    publisher.expect("published");
  }

  private Ledger ledger(String consumer) {
    return node.redis().await(node.consumers().ledger("acme", List.of(consumer))).get(0);
  }

  private void settled(long delivered, long dead) {
    eventually(
        () -> {
          Ledger now = ledger("destination:crm");
          assertThat(now.isBalanced()).as("%s", now).isTrue();
          return now.delivered() == delivered && now.dead() == dead && now.pending() == 0;
        });
  }

  @Test
  void whatIsPublishedRightAfterADestinationWasMadeArrives() {
    destination();
    for (int i = 0; i < 50; i++) {
      publish(i, "o" + i % 7);
    }
    settled(50, 0);
    assertThat(receiver.taken()).hasSize(50).doesNotHaveDuplicates();
    for (int s = 0; s < 7; s++) {
      String subject = "o" + s;
      assertThat(
              receiver.got().stream().filter(g -> g.subject().equals(subject)).map(g -> g.number()))
          .isSorted();
    }
    assertThat(receiver.got().get(0).headers()).containsKeys("webhook-signature", "x-tenant-id");
  }

  @Test
  void aFailureHoldsUpItsSubjectUntilItIsDeadAndCanBePutBack() {
    AtomicBoolean well = new AtomicBoolean();
    receiver.answer(g -> !well.get() && g.number() == 1 ? 500 : 204);
    destination("1s", "100ms");
    publish(1, "bad");
    publish(2, "bad");
    publish(3, "good");
    settled(2, 1);
    assertThat(receiver.taken().indexOf(3)).isLessThan(receiver.taken().indexOf(2));
    assertThat(receiver.got().stream().filter(g -> g.number() == 1).map(g -> g.attempt()))
        .containsExactly(1, 2, 3);

    DeadLetterStore dead = new DeadLetterStore(node.redis().link(), Clock.system());
    List<DeadLetter> letters =
        node.redis().await(dead.list("acme", DeadLetterStore.Filter.ALL, null, 10)).items();
    assertThat(letters).hasSize(1);
    assertThat(letters.get(0).consumer()).isEqualTo("destination:crm");
    assertThat(letters.get(0).reason()).isEqualTo("worn-out");
    assertThat(letters.get(0).attempts()).isEqualTo(3);
    assertThat(letters.get(0).lastError()).isEqualTo("http 500");

    well.set(true);
    assertThat(node.redis().await(node.consumers().putBack("acme", letters))).isEqualTo(1);
    settled(3, 1);
    assertThat(receiver.taken()).endsWith(1);
    Receiver.Got again = receiver.got().get(receiver.got().size() - 1);
    assertThat(again.attempt()).as("a new series").isEqualTo(1);

    Trail trail = new Trail(node.redis().link(), Clock.system(), Duration.ofHours(1));
    long id = letters.get(0).messageId();
    eventually(() -> node.redis().await(trail.read("acme", id)).size() == 4);
    assertThat(node.redis().await(trail.read("acme", id)).get(0))
        .contains("\"what\":\"attempt\"", "\"status\":500", "\"outcome\":\"retry\"");
  }

  @Test
  void goneSwitchesTheDestinationOffAndLosesNothing() {
    receiver.answer(g -> 410);
    destination();
    publish(1, "a");
    eventually(() -> !receiver.got().isEmpty());
    eventually(
        () ->
            !node.redis()
                .await(node.tenants().read("acme"))
                .routing()
                .destinations()
                .get("crm")
                .enabled());
    publish(2, "a");
    assertThat(ledger("destination:crm").pending()).isGreaterThanOrEqualTo(2);
    receiver.answer(g -> 204);
    node.redis()
        .await(
            node.tenants()
                .routing()
                .patchDestination("acme", "crm", new JsonObject().put("enabled", true)));
    eventually(() -> receiver.taken().equals(List.of(1, 2)));
    assertThat(ledger("destination:crm").isBalanced()).isTrue();
  }

  @Test
  void anotherOwnerGoesOnWithWhatWaitsToBeTriedAgain() {
    AtomicInteger left = new AtomicInteger(2);
    receiver.answer(g -> g.number() == 1 && left.getAndDecrement() > 0 ? 500 : 204);
    destination("300ms", "300ms", "300ms");
    publish(1, "a");
    publish(2, "a");
    publish(3, "b");
    eventually(() -> receiver.taken().equals(List.of(3)));
    node.stopRouter();
    publish(4, "b");
    node.startRouter();
    settled(4, 0);
    assertThat(receiver.taken().stream().filter(n -> n < 3)).containsExactly(1, 2);
    assertThat(receiver.taken()).containsExactlyInAnyOrder(1, 2, 3, 4);
  }

  @Test
  void pushesOfATenantBeyondItsLimitComeLaterAndDelayNobodyElse() {
    node.redis().await(node.tenants().putQuota("acme", webhooks(0.1, 2)));
    destination(new JsonObject().put("topics", new JsonArray().add("#")));
    Receiver others = new Receiver(node.redis().vertx());
    node.redis()
        .await(
            node.tenants()
                .routing()
                .createDestination(
                    "bolt",
                    new JsonObject()
                        .put("id", "crm")
                        .put("url", others.url())
                        .put("topics", new JsonArray().add("#"))));
    for (int i = 0; i < 6; i++) {
      push("acme", i);
    }
    eventually(() -> receiver.taken().size() == 2);
    for (int i = 0; i < 6; i++) {
      push("bolt", i);
    }
    eventually(() -> others.taken().size() == 6);
    // The next one of acme comes ten seconds after its first two.
    assertThat(receiver.taken()).hasSizeBetween(2, 4);
    node.redis().await(node.tenants().putQuota("acme", new JsonObject()));
    eventually(() -> receiver.taken().size() == 6);
    assertThat(receiver.taken()).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    others.close();
  }

  private static JsonObject webhooks(double ratePerSecond, int burst) {
    JsonObject limit =
        new JsonObject()
            .put("api", "webhook")
            .put("ratePerSecond", ratePerSecond)
            .put("burst", burst);
    return new JsonObject().put("limits", new JsonArray().add(limit));
  }

  /** As if WeChat had pushed it. */
  private void push(String tenant, int number) {
    DelayStore log = new DelayStore(node.redis().link(), Clock.system(), () -> "never");
    long now = System.currentTimeMillis();
    byte[] event =
        ("{\"id\":\"" + number + "\",\"subject\":\"u\",\"data\":{\"n\":" + number + "}}")
            .getBytes(StandardCharsets.UTF_8);
    node.redis()
        .await(
            log.add(
                new NewMessage(
                    tenant,
                    new EntryHeader(1_000 + number, "wx.mp.message.text", "u" + number, now, 0),
                    null,
                    null,
                    event),
                now));
  }

  @Test
  void aDelayedMessageComesWhenItIsDueAlsoFromAnotherOwner() {
    destination();
    DelayStore delays = new DelayStore(node.redis().link(), Clock.system(), () -> "never");
    long now = System.currentTimeMillis();
    for (int i = 0; i < 3; i++) {
      byte[] event =
          ("{\"id\":\"" + i + "\",\"subject\":\"a\",\"data\":{\"n\":" + i + "}}")
              .getBytes(StandardCharsets.UTF_8);
      node.redis()
          .await(
              delays.add(
                  new NewMessage(
                      "acme", new EntryHeader(100 + i, "app.late", "a", now, 0), null, null, event),
                  now + 600 - 200 * i));
    }
    assertThat(node.redis().await(delays.pending("acme"))).isEqualTo(3);
    eventually(() -> !receiver.taken().isEmpty());
    node.stopRouter();
    node.startRouter();
    eventually(() -> receiver.taken().equals(List.of(2, 1, 0)));
    assertThat(node.redis().await(delays.pending("acme"))).isZero();
    assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(now + 600);
  }

  @Test
  void aFilterAndAHandlerRouteOnByWhatAMessageSays() {
    route(
        new JsonObject()
            .put("id", "even")
            .put("match", "app.orders")
            .put("filter", "data.n % 2 == 0")
            .put(
                "to",
                new JsonObject()
                    .put("handler", "republish")
                    .put("with", new JsonObject().put("topic", "app.even"))));
    destination(new JsonObject().put("topics", new JsonArray().add("app.even")));
    for (int i = 0; i < 10; i++) {
      publish(i, "a");
    }
    eventually(() -> receiver.taken().equals(List.of(0, 2, 4, 6, 8)));
    eventually(() -> ledger("route:even").delivered() == 5);
    // Its own messages came by, too, and are no concern of it.
    assertThat(ledger("route:even").filtered()).isGreaterThanOrEqualTo(5);
    assertThat(ledger("route:even").isBalanced()).isTrue();
  }

  @Test
  void aStretchIsReplayedApartFromTheLiveCursor() {
    destination();
    for (int i = 1; i <= 20; i++) {
      publish(i, "o" + i % 3);
    }
    settled(20, 0);
    ReplayStore replays = new ReplayStore(node.redis().link(), Clock.system());
    String epoch = node.redis().await(node.log().head("acme")).epoch();
    Replay replay =
        new Replay("r1", "destination:crm", epoch, 5, 14, null, "o1", 200, 1, Replay.RUNNING, 0, 0);
    node.redis().await(replays.start("acme", replay));
    eventually(() -> node.redis().await(replays.get("acme", "r1")).state().equals(Replay.DONE));
    List<Integer> again = receiver.taken().subList(20, receiver.taken().size());
    assertThat(again).containsExactly(7, 10, 13);
    assertThat(node.redis().await(replays.get("acme", "r1")).delivered()).isEqualTo(3);
    assertThat(ledger("destination:crm").delivered()).isEqualTo(20);
    assertThat(node.redis().await(node.consumers().consumers("acme")))
        .doesNotContain(replay.place());
  }

  @Test
  void aRouteAndADestinationAreConsumersOfTheirOwn() {
    destination();
    route(
        new JsonObject()
            .put("id", "rest")
            .put("match", "#")
            .put("fallback", true)
            .put("to", new JsonObject().put("destination", "crm")));
    publish(1, "a");
    settled(1, 0);
    Ledger rest = ledger("route:rest");
    eventually(() -> ledger("route:rest").filtered() == 1);
    assertThat(rest.isBalanced()).isTrue();
    assertThat(receiver.taken()).containsExactly(1);
  }

  @Test
  void aDestinationGetsNoMoreAtOnceThanItWantsWhenManyAreTriedAgain() {
    // While the fourth takes its time all others fall due; whoever opens the door lets in one.
    receiver.answer(g -> g.attempt() == 1 ? 500 : 204);
    receiver.answerAfter(g -> g.number() == 4 && g.attempt() == 1 ? 900 : 40);
    destination(
        new JsonObject()
            .put("topics", new JsonArray())
            .put("concurrency", 1)
            .put("retry", new JsonArray().add("300ms").add("300ms")));
    route(
        new JsonObject()
            .put("id", "all")
            .put("match", "app.#")
            .put("concurrency", 8)
            .put("to", new JsonObject().put("destination", "crm")));
    for (int i = 1; i <= 4; i++) {
      publish(i, "o" + i);
    }
    eventually(() -> receiver.taken().size() == 4);
    assertThat(receiver.taken()).containsExactlyInAnyOrder(1, 2, 3, 4);
    assertThat(receiver.mostAtOnce()).isEqualTo(1);
  }
}
