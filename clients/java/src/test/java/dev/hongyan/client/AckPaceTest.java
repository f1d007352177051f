package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** When a durable subscription says what is done. */
class AckPaceTest {
  private int replies;
  private String last = "e:0";
  private Subscription sub;

  private static SubscribeOptions durable() {
    return SubscribeOptions.durable("s", "wx.#").concurrency(100);
  }

  /** A world in which {@code e:1} is handled and acked, so that what follows waits. */
  private World acked(SubscribeOptions options) {
    World world = new World(builder -> builder.executor(Runnable::run)).opened();
    sub = world.client.subscribe(options, world.work);
    world.session.take("subscribe");
    world.session.subscribed("s", "e:0", "new");
    handled(world, "e:1");
    assertThat(world.session.take("ack")).containsEntry("cursor", "e:1");
    return world;
  }

  /** Delivers these, lets the handler end, and comes back when the client has seen that. */
  private void handled(World world, String... cursors) {
    world.session.deliver("s", last, cursors);
    last = cursors[cursors.length - 1];
    for (String cursor : cursors) {
      world.work.next(cursor).done();
    }
    // handlers run on the loop here: the first turn ends them, what they have put on it runs before
    // the second
    world.loop.advance(0);
    world.loop.advance(0);
  }

  /** Fails when an ack was said: what is said now comes behind it. */
  private void silent(World world) {
    var unused = world.client.reply("x" + ++replies, Map.of());
    assertThat(world.session.take("ack", "reply")).containsEntry("op", "reply");
  }

  @Test
  void anAckThatFollowsSoonAfterAnotherWaitsAndSaysAllThatWasDoneByThen() throws Exception {
    try (World world = acked(durable())) {
      handled(world, "e:2", "e:3");
      world.loop.advance(199);
      handled(world, "e:4");
      silent(world);
      world.loop.advance(1);
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:4");
      world.loop.advance(10_000);
      silent(world);
    }
  }

  @Test
  void howLongAnAckWaitsCanBeChanged() throws Exception {
    try (World world = acked(durable().ackEvery(Duration.ofSeconds(1)))) {
      handled(world, "e:2");
      world.loop.advance(999);
      silent(world);
      world.loop.advance(1);
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:2");
    }
  }

  @Test
  void withZeroEachTurnSaysItsAck() throws Exception {
    try (World world = acked(durable().ackEvery(Duration.ZERO))) {
      handled(world, "e:2");
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:2");
    }
  }

  @Test
  void anAckDoesNotWaitWhenAQuarterOfTheWindowHasGathered() throws Exception {
    try (World world = acked(durable().window(16))) {
      handled(world, "e:2", "e:3", "e:4");
      silent(world);
      handled(world, "e:5");
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:5");
    }
  }

  @Test
  void anAckDoesNotWaitWhenAQuarterOfTheBytesHasGathered() throws Exception {
    long each = "{\"id\":\"id-e:1\"}".length();
    try (World world = acked(durable().windowBytes(16 * each))) {
      handled(world, "e:2", "e:3", "e:4");
      silent(world);
      handled(world, "e:5");
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:5");
    }
  }

  static Stream<Named<Consumer<World>>> ways() {
    return Stream.of(
        Named.of("flush", world -> world.client.flush()),
        Named.of("close", world -> world.client.close()),
        Named.of(
            "goaway",
            world -> world.session.send("{'op':'goaway','afterMs':300,'withinMs':10000}")));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void whatWaitsIsSaidBeforeThings(Consumer<World> way) throws Exception {
    try (World world = acked(durable())) {
      handled(world, "e:2");
      silent(world);
      way.accept(world);
      assertThat(world.session.take("ack")).containsEntry("cursor", "e:2");
    }
  }

  @Test
  void whatWaitsIsSaidBeforeTheSubscriptionEnds() throws Exception {
    try (World world = acked(durable())) {
      handled(world, "e:2");
      silent(world);
      sub.unsubscribe(false);
      assertThat(world.session.take("ack", "unsubscribe")).containsEntry("cursor", "e:2");
    }
  }

  @Test
  void aNegativePaceIsRefused() {
    assertThatThrownBy(() -> durable().ackEvery(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
