package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code goaway}: make before break. */
class MovingTest {
  private World.Work.Call one;
  private FakeServer.Session second;

  /** The server has asked us to move, and the second connection has said hello. */
  private World moving(SubscribeOptions options, String prev) {
    World world = World.subscribed(options);
    world.session.deliver("s", prev, "e:1");
    one = world.work.next();
    world.session.send("{'op':'goaway','reason':'drain','afterMs':300,'withinMs':10000}");
    world.event(ClientEvent.GoAway.class);
    world.loop.advance(300);
    second = world.server.sessions.take();
    second.hello = second.take("hello");
    return world;
  }

  private World movingLive() {
    return moving(SubscribeOptions.live("s", "wx.#").concurrency(100), "e:0");
  }

  @Test
  void theSecondIsResumedBeforeTheFirstIsClosedAndNothingIsSeenTwice() throws Exception {
    try (World world = movingLive()) {
      assertThat(second.asked()).containsEntry("cursor", "e:1");
      world.session.deliver("s", "e:1", "e:2", "e:3"); // the first still serves
      world.work.next("e:2");
      world.work.next("e:3");
      second.welcome();
      second.subscribed("s", "e:1", "resumed");
      assertThat(world.session.ended.take()).isEqualTo(1000);
      second.deliver("s", "e:1", "e:2", "e:3", "e:4");
      world.work.next("e:4");
      assertThat(world.work.seen).containsExactlyInAnyOrder("e:1", "e:2", "e:3", "e:4");
      assertThat(world.had(ClientEvent.StateChanged.class)).isFalse();
      assertThat(world.had(ClientEvent.Hole.class)).isFalse();
    }
  }

  @Test
  void theFirstMayBeClosedWith4409BecauseTheSecondTookItsName() throws Exception {
    try (World world = moving(SubscribeOptions.durable("s", "wx.#").concurrency(9), "e:0")) {
      world.session.close(4409, "replaced");
      second.welcome();
      second.subscribed("s", "e:0", "resumed");
      second.deliver("s", "e:0", "e:1", "e:2");
      world.work.next("e:2");
      one.done();
      assertThat(second.take("ack")).containsEntry("cursor", "e:1");
      assertThat(world.work.seen).containsExactly("e:1", "e:2");
    }
  }

  @Test
  void sharedWorkInHandIsAckedWhereItIsKnown() throws Exception {
    try (World world = moving(SubscribeOptions.shared("s", "wx.#"), null)) {
      second.welcome();
      second.subscribed("s", "e:0", "resumed");
      world.session.ended.take();
      second.deliver("s", null, "e:1,'attempt':2");
      second.deliver("s", null, "e:2");
      world.work.next("e:2");
      one.done();
      assertThat(second.take("ack")).containsEntry("cursors", List.of("e:1"));
      assertThat(world.work.seen).containsExactly("e:1", "e:2");
    }
  }

  @Test
  void aFirstThatIsCutWhileTheSecondIsOnItsWayCostsNoBackoff() throws Exception {
    try (World world = movingLive()) {
      world.session.drop();
      world.state(State.CONNECTING);
      second.welcome();
      world.state(State.OPEN);
      second.subscribed("s", "e:1", "resumed");
      second.deliver("s", "e:1", "e:2");
      world.work.next("e:2");
    }
  }

  @Test
  void publishesThatWereNotConfirmedGoAgainOnTheSecond() throws Exception {
    try (World world = movingLive()) {
      CompletableFuture<Published> sent = world.client.publish(Publish.of("app.x", null, 1));
      Object serial = world.session.take("publish").get("serial");
      second.welcome();
      second.subscribed("s", "e:1", "resumed");
      assertThat(second.take("publish")).containsEntry("serial", serial);
      second.send(
          "{'op':'published','serial':" + serial + ",'id':'7','cursor':'e:9','duplicate':true}");
      assertThat(sent.get(10, TimeUnit.SECONDS)).isEqualTo(new Published("7", "e:9", true));
    }
  }
}
