package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.client.SubscribeOptions.OnFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscribingTest {
  private static SubscribeOptions live() {
    return SubscribeOptions.live("s", "wx.#");
  }

  private static SubscribeOptions durable() {
    return SubscribeOptions.durable("s", "wx.#");
  }

  private static SubscribeOptions shared() {
    return SubscribeOptions.shared("s", "wx.#");
  }

  @Test
  void severalOperationsInOneFrameAreTakenApart() throws Exception {
    try (World world = World.subscribed(live().concurrency(9))) {
      world.session.send(
          "{'op':'deliver','sub':'s','prev':'e:0','n':2}",
          "{'op':'msg','cursor':'e:1','event':{'id':'a'}}",
          "{'op':'msg','cursor':'e:2','attempt':2,'deadline':'2027-01-01T00:00:00Z','event':{ 'id':'b','data':1.50}}",
          "{'op':'deliver','sub':'s','prev':'e:2','n':1}",
          "{'op':'msg','cursor':'e:3','event':{'id':'c'}}");
      assertThat(world.work.next("e:1").message().event().id()).isEqualTo("a");
      Message two = world.work.next("e:2").message();
      assertThat(two.attempt()).isEqualTo(2);
      assertThat(two.deadline()).isEqualTo(Instant.parse("2027-01-01T00:00:00Z"));
      assertThat(two.event().json()).isEqualTo("{ \"id\":\"b\",\"data\":1.50}");
      assertThat(two.event().data()).isEqualTo(1.5);
      world.work.next("e:3");
    }
  }

  @Test
  void liveKeepsTheCursorUpToTheLowestUnfinished() throws Exception {
    List<String> kept = Collections.synchronizedList(new ArrayList<>());
    Mailbox<String> told = new Mailbox<>();
    try (World world =
        World.subscribed(
            live()
                .concurrency(2)
                .onCursor(
                    cursor -> {
                      kept.add(cursor);
                      told.put(cursor);
                    }))) {
      world.session.deliver("s", "e:0", "e:1", "e:2", "e:3");
      World.Work.Call one = world.work.next("e:1");
      world.work.next("e:2").done();
      world.work.next("e:3"); // so the end of 2 has been seen
      one.done();
      told.take("e:2"::equals);
      assertThat(kept).containsExactly("e:0", "e:2");
      assertThat(world.session.has("ack")).isFalse();
    }
  }

  @Test
  void liveResumesBehindTheLastMessageReceived() throws Exception {
    try (World world = World.subscribed(live().from("e:0"))) {
      world.session.deliver("s", "e:0", "e:1", "e:2");
      world.work.next(); // 1 is in hand, 2 waits behind it
      assertThat(world.cut().asked()).containsEntry("cursor", "e:2");
    }
  }

  @Test
  void liveGoesOnFromWhereTheServerStartedIt() throws Exception {
    try (World world = World.subscribed(live())) {
      assertThat(world.cut().asked()).containsEntry("cursor", "e:0");
    }
  }

  @Test
  void aSlowLiveHandlerParksTheSubscriptionAndItComesBackAtItsCursor() throws Exception {
    try (World world = World.subscribed(live().window(1))) { // at most four in hand
      world.session.deliver("s", "e:0", "e:1", "e:2", "e:3", "e:4", "e:5", "e:6");
      world.session.take("unsubscribe");
      world.work.next().done();
      world.work.next().done();
      assertThat(world.session.take("subscribe")).containsEntry("cursor", "e:4");
    }
  }

  @Test
  void durableAcksCumulativelyUpToTheLowestUnfinished() throws Exception {
    try (World world = World.subscribed(durable().concurrency(3))) {
      world.session.deliver("s", "e:0", "e:1", "e:2", "e:3", "e:4");
      World.Work.Call one = world.work.next("e:1");
      world.work.next("e:2").done();
      world.work.next("e:4"); // it got the place of 2
      assertThat(world.session.has("ack")).isFalse();
      one.done();
      assertThat(world.session.take("ack"))
          .isEqualTo(Map.of("op", "ack", "sub", "s", "cursor", "e:2"));
    }
  }

  @Test
  void durableHandsOutOneAtATimeInOrder() throws Exception {
    try (World world = World.subscribed(durable())) {
      world.session.deliver("s", "e:0", "e:1", "e:2");
      World.Work.Call one = world.work.next();
      assertThat(world.work.seen).containsExactly("e:1");
      one.done();
      world.work.next();
      assertThat(world.work.seen).containsExactly("e:1", "e:2");
    }
  }

  @Test
  void whatIsInHandAtACutIsNotHandledTwiceAndAckedOnTheNewConnection() throws Exception {
    try (World world = World.subscribed(durable().concurrency(2).ackEvery(Duration.ZERO))) {
      world.session.deliver("s", "e:0", "e:1", "e:2");
      World.Work.Call one = world.work.next("e:1");
      World.Work.Call two = world.work.next("e:2");
      FakeServer.Session next = world.cut();
      assertThat(next.asked()).doesNotContainKey("cursor"); // the server knows
      one.done(); // before the server has attached us
      next.subscribed("s", "e:0", "resumed");
      next.deliver("s", "e:0", "e:1", "e:2", "e:3");
      world.work.next("e:3");
      assertThat(next.take("ack")).containsEntry("cursor", "e:1");
      two.done();
      assertThat(next.take("ack")).containsEntry("cursor", "e:2");
      assertThat(world.work.seen).containsExactlyInAnyOrder("e:1", "e:2", "e:3");
    }
  }

  @Test
  void aFailedDurableMessageIsTriedAgainHereAndThoseBehindItWait() throws Exception {
    try (World world = World.subscribed(durable())) {
      world.session.deliver("s", "e:0", "e:1", "e:2");
      world.work.next().fail("later");
      world.event(ClientEvent.Failed.class);
      world.loop.advance(500);
      World.Work.Call again = world.work.next();
      assertThat(again.message().attempt()).isEqualTo(2);
      again.fail("later");
      world.event(ClientEvent.Failed.class);
      world.loop.advance(899);
      assertThat(world.work.seen).containsExactly("e:1", "e:1");
      world.loop.advance(1);
      world.work.next("e:1").done();
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:1");
    }
  }

  @Test
  void theRuleStopLeavesTheCursorBeforeTheMessage() throws Exception {
    try (World world = World.subscribed(durable().onFailure(OnFailure.STOP))) {
      world.session.deliver("s", "e:0", "e:1", "e:2", "e:3");
      world.work.next().done();
      world.work.next().fail("broken");
      assertThat(world.event(ClientEvent.Ended.class).error().code()).isEqualTo("stopped");
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:1");
      world.session.take("unsubscribe");
      assertThat(world.work.seen).containsExactly("e:1", "e:2");
    }
  }

  @Test
  void theRuleTermSendsToDeadLettersAndGoesOn() throws Exception {
    try (World world = World.subscribed(durable().onFailure(OnFailure.TERM))) {
      world.session.deliver("s", "e:0", "e:1");
      world.work.next().fail("poison");
      assertThat(world.session.take("term"))
          .isEqualTo(
              Map.of("op", "term", "sub", "s", "cursors", List.of("e:1"), "reason", "poison"));
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:1");
    }
  }

  @Test
  void aTermThatCouldNotBeSaidIsSaidWhenTheMessageComesAgain() throws Exception {
    try (World world = World.subscribed(durable())) {
      world.session.deliver("s", "e:0", "e:1");
      World.Work.Call one = world.work.next();
      FakeServer.Session next = world.cut();
      one.message().term("unreadable");
      one.done();
      next.subscribed("s", "e:0", "resumed");
      next.deliver("s", "e:0", "e:1");
      assertThat(next.take("term")).containsEntry("reason", "unreadable");
      assertThat(next.take("ack")).containsEntry("cursor", "e:1");
    }
  }

  @Test
  void sharedMessagesAreAckedOneByOneInAnyOrder() throws Exception {
    try (World world = World.subscribed(shared())) {
      world.session.deliver("s", null, "e:1", "e:2");
      World.Work.Call one = world.work.next("e:1");
      world.work.seen.clear();
      one.done();
      assertThat(world.session.take("ack"))
          .isEqualTo(Map.of("op", "ack", "sub", "s", "cursors", List.of("e:1")));
    }
  }

  @Test
  void aFailedSharedMessageGoesBackWithADelayAndItsNextAttemptIsHandled() throws Exception {
    try (World world = World.subscribed(shared().nackDelay(Duration.ofSeconds(3)))) {
      world.session.deliver("s", null, "e:1");
      world.work.next().fail("busy");
      assertThat(world.session.take("nack"))
          .isEqualTo(Map.of("op", "nack", "sub", "s", "cursors", List.of("e:1"), "delayMs", 3000L));
      world.session.deliver("s", null, "e:1,'attempt':2");
      assertThat(world.work.next().message().attempt()).isEqualTo(2);
    }
  }

  @Test
  void extendSpeaksForTheMessageInHand() throws Exception {
    try (World world = World.subscribed(shared())) {
      world.session.deliver("s", null, "e:1");
      world.work.next().message().extend(Duration.ofMinutes(1));
      assertThat(world.session.take("extend"))
          .isEqualTo(Map.of("op", "extend", "sub", "s", "cursors", List.of("e:1"), "ms", 60000L));
    }
  }

  @Test
  void aSharedMessageTakenOverByOurselvesIsHandledOnce() throws Exception {
    try (World world = World.subscribed(shared())) {
      world.session.deliver("s", null, "e:1", "e:2");
      World.Work.Call one = world.work.next();
      World.Work.Call two = world.work.next();
      FakeServer.Session next = world.cut();
      one.done(); // its ack has no connection to go out on
      next.subscribed("s", "e:0", "resumed");
      next.deliver("s", null, "e:1,'attempt':2", "e:2,'attempt':2");
      assertThat(next.take("ack")).containsEntry("cursors", List.of(one.message().cursor()));
      two.done();
      assertThat(next.take("ack")).containsEntry("cursors", List.of(two.message().cursor()));
      assertThat(world.work.seen).hasSize(2);
    }
  }

  @Test
  void aHoleIsSeenByPrevAndTheSubscriptionAsksAgain() throws Exception {
    try (World world = World.subscribed(live())) {
      world.session.deliver("s", "e:0", "e:1");
      world.session.deliver("s", "e:2", "e:3"); // e:2 is missing
      assertThat(world.event(ClientEvent.Hole.class))
          .isEqualTo(new ClientEvent.Hole("s", "e:1", "e:2"));
      world.session.take("unsubscribe");
      assertThat(world.session.take("subscribe")).containsEntry("cursor", "e:1");
      world.session.deliver("s", "e:3", "e:4"); // of the old request: ignored
      world.session.subscribed("s", "e:1", "resumed");
      world.session.deliver("s", "e:1", "e:2", "e:3", "e:4");
      for (int i = 0; i < 4; i++) {
        world.work.next().done();
      }
      assertThat(world.work.seen).containsExactly("e:1", "e:2", "e:3", "e:4");
    }
  }

  @Test
  void aHeadThatStaysAheadMeansSomethingWasMissed() throws Exception {
    try (World world = World.subscribed(live())) {
      world.session.deliver("s", "e:0", "e:1");
      world.work.next();
      world.loop.advance(20_000);
      world.session.take("beat");
      world.session.send("{'op':'beat','t':0,'n':1,'heads':{'s':'e:2'}}");
      assertThat(world.session.take("beat")).containsEntry("n", 2L); // a beat may overtake data
      world.session.send("{'op':'beat','t':0,'n':2,'heads':{'s':'e:2'}}");
      world.event(ClientEvent.Hole.class);
      assertThat(world.session.take("subscribe")).containsEntry("cursor", "e:1");
    }
  }

  @Test
  void aHeadThatWasOnlyFasterThanItsDataIsNoHole() throws Exception {
    try (World world = World.subscribed(live())) {
      world.session.send("{'op':'beat','t':0,'n':1,'heads':{'s':'e:1'}}");
      world.session.take("beat");
      world.session.deliver("s", "e:0", "e:1");
      world.session.send("{'op':'beat','t':0,'n':2,'heads':{'s':'e:1'}}");
      world.events.take(it -> it instanceof ClientEvent.Beat beat && beat.n() == 2);
      assertThat(world.session.has("subscribe")).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gap", "reset"})
  void aBrokenResumeIsToldAndReadingGoesOn(String verdict) throws Exception {
    try (World world = World.subscribed(live())) {
      FakeServer.Session next = world.cut();
      next.send(
          "{'op':'subscribed','sub':'s','verdict':'"
              + verdict
              + "','cursor':'f:9','head':'f:9','gap':{'from':'e:1','to':'f:9','reason':'epoch'}}");
      assertThat(world.event(ClientEvent.Gap.class))
          .isEqualTo(new ClientEvent.Gap("s", verdict, "e:1", "f:9", "epoch"));
      next.deliver("s", "f:9", "f:10");
      world.work.next("f:10");
    }
  }

  @Test
  void aGapMetWhileConnectedIsNotTakenForAHole() throws Exception {
    try (World world = World.subscribed(durable())) {
      world.session.send("{'op':'gap','sub':'s','from':'e:1','to':'e:5','reason':'retention'}");
      world.session.deliver("s", "e:5", "e:6");
      world.event(ClientEvent.Gap.class);
      world.work.next("e:6");
      assertThat(world.had(ClientEvent.Hole.class)).isFalse();
    }
  }

  @Test
  void aRefusedSubscriptionEnds() throws Exception {
    try (World world = World.open()) {
      Subscription refused = world.client.subscribe(live().from("what"), world.work);
      world.session.take("subscribe");
      world.session.send(
          "{'op':'error','code':'bad-cursor','message':'no','retry':'never','sub':'s'}");
      assertThat(world.event(ClientEvent.Ended.class).error().code()).isEqualTo("bad-cursor");
      assertThat(refused.ended()).isTrue();
      assertThat(refused.ready()).isCompletedExceptionally();
    }
  }

  @Test
  void aSubscriptionThatCannotBeMadeNowIsAskedForAgain() throws Exception {
    try (World world = World.open()) {
      world.client.subscribe(live(), world.work);
      world.session.take("subscribe");
      world.session.send(
          "{'op':'error','code':'store-unavailable','message':'wait','retry':'later','retryAfterMs':3000,'sub':'s'}");
      world.event(ClientEvent.Failed.class);
      world.loop.advance(3_000);
      world.session.take("subscribe");
    }
  }

  @Test
  void forgettingIsAlsoSaidAfterAReconnect() throws Exception {
    try (World world = World.open()) {
      Subscription one = world.client.subscribe(durable(), world.work);
      world.session.take("subscribe");
      world.session.drop();
      long wait = world.state(State.WAITING).delayMillis();
      one.unsubscribe(true);
      world.event(ClientEvent.Ended.class);
      world.loop.advance(wait);
      assertThat(world.server.greeted().take("unsubscribe"))
          .isEqualTo(Map.of("op", "unsubscribe", "sub", "s", "forget", true));
    }
  }

  @Test
  void seekIsSaidOnce() throws Exception {
    try (World world = World.subscribed(durable().seek("first"))) {
      assertThat(world.cut().asked()).doesNotContainKey("seek").containsEntry("cursor", "first");
    }
  }

  @Test
  void wrongOptionsAreRefusedAtOnce() {
    assertThatThrownBy(() -> SubscribeOptions.live("a"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> live().onFailure(OnFailure.NACK))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> live().window(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
