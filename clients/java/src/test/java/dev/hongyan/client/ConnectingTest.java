package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectingTest {
  @Test
  void helloIsFirstAndTheTokenIsAHeader() throws Exception {
    try (World world =
        new World(it -> it.token(() -> CompletableFuture.completedFuture("aaa.bbb.ccc")))) {
      world.client.subscribe(SubscribeOptions.durable("orders", "wx.#"), message -> null);
      world.opened();
      assertThat(world.session.headers).containsEntry("authorization", "Bearer aaa.bbb.ccc");
      assertThat(world.session.headers).containsEntry("sec-websocket-protocol", "hongyan.v1");
      assertThat(world.session.hello).containsEntry("client", "pos-7");
      assertThat(world.session.asked())
          .containsEntry("sub", "orders")
          .containsEntry("topics", List.of("wx.#"))
          .containsEntry("mode", "durable")
          .containsEntry("window", 256L)
          .doesNotContainKey("cursor");
    }
  }

  @Test
  void aTokenThatCannotBeHadIsToldAndTriedAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (World world =
        new World(
            it ->
                it.token(
                    () ->
                        asked.incrementAndGet() == 1
                            ? CompletableFuture.failedFuture(new IllegalStateException("no login"))
                            : CompletableFuture.completedFuture("t" + asked)))) {
      world.client.connect();
      assertThat(world.event(ClientEvent.Failed.class).error()).hasMessageContaining("no login");
      world.loop.advance(world.state(State.WAITING).delayMillis());
      assertThat(world.server.greeted().headers).containsEntry("authorization", "Bearer t2");
    }
  }

  @Test
  void networkFailuresAreRetriedWithGrowingWaitsUpToAMinute() throws Exception {
    try (World world = new World()) {
      world.dice = 1;
      world.server.pingStatus = 503; // the probe fails, so no connection is tried
      world.client.connect();
      world.server.sessions.take().drop();
      List<Long> waits = new ArrayList<>();
      waits.add(world.state(State.WAITING).delayMillis());
      for (int i = 0; i < 9; i++) {
        world.loop.advance(waits.get(i));
        waits.add(world.state(State.OFFLINE).delayMillis());
      }
      assertThat(waits)
          .containsExactly(
              1000L, 1800L, 3240L, 5832L, 10498L, 18896L, 34012L, 60000L, 60000L, 60000L);
      world.dice = 0.25; // the draw is from the whole range
      world.loop.advance(60_000);
      assertThat(world.state(State.OFFLINE).delayMillis()).isEqualTo(15_000);
      world.server.pingStatus = 204;
      world.loop.advance(15_000);
      world.server.greeted();
      world.state(State.OPEN);
      assertThat(world.server.pings).hasValue(11);
    }
  }

  @Test
  void theBackoffStartsOverAfterHalfAMinuteOfHealthAndNotBefore() throws Exception {
    try (World world = new World()) {
      world.dice = 1;
      world.client.connect();
      List<Long> waits = new ArrayList<>();
      for (long alive : new long[] {0, 29_000, 30_000}) {
        FakeServer.Session session = world.server.greeted();
        world.state(State.OPEN);
        world.loop.advance(alive);
        session.drop();
        waits.add(world.state(State.WAITING).delayMillis());
        world.loop.advance(waits.get(waits.size() - 1));
      }
      assertThat(waits).containsExactly(1000L, 1800L, 1000L);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4000, 4001, 4002})
  void a4000CodeReconnectsWithinARandomSecondWithoutProbe(int code) throws Exception {
    try (World world = World.open()) {
      world.dice = 0.7;
      world.session.close(code, "drain");
      ClientEvent.StateChanged waiting = world.state(State.WAITING);
      assertThat(waiting.closeCode()).isEqualTo(code);
      assertThat(waiting.delayMillis()).isEqualTo(700);
      world.loop.advance(700);
      world.server.greeted();
      assertThat(world.server.pings).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4100, 4101, 4102})
  void a4100CodeWaitsAsLongAsTheServerAsks(int code) throws Exception {
    try (World world = World.open()) {
      world.session.close(code, "busy retryAfterMs=7000");
      assertThat(world.state(State.WAITING).delayMillis()).isEqualTo(7_500);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4400, 4401, 4403, 4404, 4409, 4413, 4415})
  void a4400CodeEndsTheClientUntilConnectIsCalled(int code) throws Exception {
    try (World world = World.open()) {
      world.session.close(code, "no");
      ClientEvent.StateChanged closed = world.state(State.CLOSED);
      assertThat(closed.closeCode()).isEqualTo(code);
      assertThat(closed.error().closeCode()).isEqualTo(code);
      world.loop.advance(600_000);
      assertThat(world.client.state()).isEqualTo(State.CLOSED);
      world.client.connect();
      world.server.greeted();
      world.state(State.OPEN);
    }
  }

  @Test
  void aHandshakeRefusedForGoodEndsTheClientAndOneRefusedForNowDoesNot() throws Exception {
    try (World world = new World()) {
      world.server.refuse = 503;
      world.client.connect();
      long wait = world.state(State.WAITING).delayMillis();
      world.server.refuse = 403;
      world.loop.advance(wait);
      assertThat(world.state(State.CLOSED).closeCode()).isEqualTo(4403);
    }
  }

  @Test
  void noWelcomeWithinFifteenSecondsIsAFailure() throws Exception {
    try (World world = new World()) {
      world.client.connect();
      world.server.sessions.take().take("hello");
      world.loop.advance(15_000);
      world.state(State.WAITING);
    }
  }

  @Test
  void beatsLeaveEveryTwentySecondsWithTimeAndCounter() throws Exception {
    try (World world = World.open()) {
      for (long n = 1; n <= 2; n++) {
        world.loop.advance(20_000);
        assertThat(world.session.take("beat"))
            .isEqualTo(Map.of("op", "beat", "t", world.loop.wallMillis(), "n", n));
      }
    }
  }

  @Test
  void silenceEndsAConnectionAndAnyFrameIsASound() throws Exception {
    try (World world = World.open()) {
      world.loop.advance(44_000);
      world.session.send("{'op':'beat','t':0,'n':1,'now':0,'heads':{}}");
      world.event(ClientEvent.Beat.class);
      world.loop.advance(44_000);
      assertThat(world.client.state()).isEqualTo(State.OPEN);
      world.loop.advance(1_000);
      assertThat(world.event(ClientEvent.Failed.class).error().code()).isEqualTo("silence");
      world.state(State.WAITING);
      assertThat(world.session.ended.take()).isEqualTo(4001);
    }
  }

  /** A world whose server promises a ping every 15 s. */
  private static World pinged() {
    World world = new World();
    world.client.connect();
    world.session = world.server.sessions.take();
    world.session.take("hello");
    world.session.welcome(15_000);
    world.state(State.OPEN);
    return world;
  }

  @Test
  void anEndWithoutCloseFrameIsFoundWithin21Seconds() throws Exception {
    try (World world = pinged()) {
      world.session.cut();
      world.loop.advance(21_000); // the JDK usually tells at once, but not always
      world.state(State.WAITING);
    }
  }

  @Test
  void aServerWhosePingsStayAwayIsAskedAndDroppedWhenItDoesNotAnswer() throws Exception {
    try (World world = pinged()) {
      world.loop.advance(17_999);
      assertThat(world.session.has("(ping)")).isFalse();
      world.loop.advance(1);
      world.session.take("(ping)");
      world.loop.advance(2_999);
      assertThat(world.client.state()).isEqualTo(State.OPEN);
      world.loop.advance(1);
      assertThat(world.event(ClientEvent.Failed.class).error().code()).isEqualTo("silence");
      world.state(State.WAITING);
      assertThat(world.session.ended.take()).isEqualTo(4001);
    }
  }

  @Test
  void aServerThatAnswersThePingIsKept() throws Exception {
    try (World world = pinged()) {
      for (long silence : new long[] {18_000, 15_000}) {
        world.loop.advance(silence);
        world.session.take("(ping)");
        world.session.pong();
        world.session.send("{'op':'beat','t':0,'n':1,'now':0,'heads':{}}");
        world.event(ClientEvent.Beat.class); // so the pong before it was heard too
        world.loop.advance(3_000);
        assertThat(world.client.state()).isEqualTo(State.OPEN);
      }
    }
  }

  @Test
  void anExpiringTokenIsReplacedInPlace() throws Exception {
    AtomicInteger made = new AtomicInteger();
    try (World world =
        new World(
            it ->
                it.token(() -> CompletableFuture.completedFuture("t" + made.incrementAndGet())))) {
      world.opened();
      world.session.send("{'op':'expiring','inMs':60000}");
      assertThat(world.session.take("auth")).isEqualTo(Map.of("op", "auth", "token", "t2"));
    }
  }

  @Test
  void aBadFrameIsToldAndEndsTheConnection() throws Exception {
    try (World world = World.open()) {
      world.session.send("{'op':'deliver','sub':'a','n':2}", "{'op':'msg','cursor':'e:1'}");
      assertThat(world.event(ClientEvent.Failed.class).error().code()).isEqualTo("bad-frame");
      world.state(State.WAITING);
    }
  }

  @Test
  void closeSaysGoodbyeAndRefusesWhatComesAfter() throws Exception {
    try (World world = World.open()) {
      world.client.close();
      world.state(State.CLOSED);
      assertThat(world.session.ended.take()).isEqualTo(1000);
      assertThat(world.client.publish(Publish.of("app.x", null, 1))).isCompletedExceptionally();
      assertThatThrownBy(
              () -> world.client.subscribe(SubscribeOptions.live("a", "#"), message -> null))
          .isInstanceOf(ClientException.class);
    }
  }
}
