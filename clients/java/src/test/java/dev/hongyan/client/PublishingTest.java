package dev.hongyan.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PublishingTest {
  private static Publish order(int n) {
    return Publish.of("app.orders", "u" + n, Map.of("n", n));
  }

  private static ClientException failure(CompletableFuture<?> future) throws Exception {
    try {
      Object value = future.get(10, TimeUnit.SECONDS);
      throw new AssertionError("succeeded with " + value);
    } catch (ExecutionException e) {
      return (ClientException) e.getCause();
    }
  }

  @Test
  void aPublishCompletesWithWhatTheServerConfirmed() throws Exception {
    try (World world = World.open()) {
      CompletableFuture<Published> sent =
          world.client.publish(
              new Publish(
                  "app.x", "u1", List.of("é\n", 1.5), Duration.ofMillis(10), Duration.ofHours(1)));
      Map<String, Object> op = world.session.take("publish");
      assertThat(op)
          .containsEntry("topic", "app.x")
          .containsEntry("subject", "u1")
          .containsEntry("data", List.of("é\n", 1.5))
          .containsEntry("delayMs", 10L)
          .containsEntry("ttlMs", 3_600_000L);
      world.session.send(
          "{'op':'published','serial':" + op.get("serial") + ",'id':'7','cursor':'e:1'}");
      assertThat(sent.get(10, TimeUnit.SECONDS)).isEqualTo(new Published("7", "e:1", false));
      assertThat(world.client.unpublished()).isZero();
    }
  }

  @Test
  void publishesMadeOfflineWaitAndLeaveInOrderWithGrowingSerials() throws Exception {
    try (World world = new World()) {
      List<CompletableFuture<Published>> waiting = new ArrayList<>();
      for (int n = 1; n <= 3; n++) {
        waiting.add(world.client.publish(order(n)));
      }
      world.opened();
      long before = 0;
      for (long n = 1; n <= 3; n++) {
        Map<String, Object> op = world.session.take("publish");
        assertThat(op).containsEntry("data", Map.of("n", n));
        assertThat((Long) op.get("serial")).isGreaterThan(before);
        before = (Long) op.get("serial");
      }
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
    }
  }

  @Test
  void aFullQueueSaysSoAndKeepsWhatItHas() throws Exception {
    try (World world = new World(it -> it.queue(2, 1_000_000))) {
      List<CompletableFuture<Published>> kept =
          List.of(world.client.publish(order(1)), world.client.publish(order(2)));
      assertThat(failure(world.client.publish(order(3)))).isInstanceOf(QueueFullException.class);
      assertThat(world.client.unpublished()).isEqualTo(2);
      assertThat(kept).noneMatch(CompletableFuture::isDone);
    }
  }

  @Test
  void theQueueIsBoundedInBytesAndAPublishByTheFrame() throws Exception {
    try (World world = new World(it -> it.queue(10, 100))) {
      assertThat(failure(world.client.publish(Publish.of("app.x", null, "é".repeat(60)))))
          .isInstanceOf(QueueFullException.class);
      assertThat(failure(world.client.publish(Publish.of("app.x", null, "x".repeat(70_000)))))
          .extracting(ClientException::code)
          .isEqualTo("too-large");
    }
  }

  @Test
  void whatWasNotConfirmedGoesAgainUnderTheSameSerialBeforeAnythingNew() throws Exception {
    try (World world = World.open()) {
      CompletableFuture<Published> first = world.client.publish(order(1));
      CompletableFuture<Published> second = world.client.publish(order(2));
      Object one = world.session.take("publish").get("serial");
      Map<String, Object> two = world.session.take("publish");
      world.session.send("{'op':'published','serial':" + one + ",'id':'1','cursor':'e:1'}");
      assertThat(first.get(10, TimeUnit.SECONDS).id()).isEqualTo("1");
      world.session.drop();
      long wait = world.state(State.WAITING).delayMillis();
      CompletableFuture<Published> third = world.client.publish(order(3));
      world.loop.advance(wait);
      FakeServer.Session next = world.server.greeted();
      assertThat(next.take("publish")).isEqualTo(two);
      Object three = next.take("publish").get("serial");
      next.send("{'op':'published','serial':" + three + ",'id':'3','cursor':'e:3'}");
      assertThat(third.get(10, TimeUnit.SECONDS).id()).isEqualTo("3");
      assertThat(second).isNotDone();
    }
  }

  @Test
  void serialsAreStoredInBlocksBeforeTheyAreUsed() throws Exception {
    AtomicLong stored = new AtomicLong(700);
    try (World world = new World(it -> it.serials(store(stored, new AtomicBoolean())))) {
      world.opened();
      for (int n = 0; n <= 100; n++) {
        assertThat(world.client.publish(order(n))).isNotDone();
      }
      for (long serial = 700; serial <= 800; serial++) {
        assertThat(world.session.take("publish")).containsEntry("serial", serial);
      }
      assertThat(stored).hasValue(900);
    }
  }

  @Test
  void aStoreThatFailsRefusesThePublishInsteadOfReusingASerial() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    try (World world = new World(it -> it.serials(store(new AtomicLong(1), broken)))) {
      world.opened();
      assertThat(failure(world.client.publish(order(1))).code()).isEqualTo("serial-store-failed");
      broken.set(false);
      assertThat(world.client.publish(order(2))).isNotDone();
      assertThat(world.session.take("publish")).containsEntry("data", Map.of("n", 2L));
    }
  }

  private static SerialStore store(AtomicLong stored, AtomicBoolean broken) {
    return new SerialStore() {
      @Override
      public long load() {
        return stored.get();
      }

      @Override
      public void save(long next) {
        if (broken.get()) {
          throw new IllegalStateException("disk full");
        }
        stored.set(next);
      }
    };
  }

  @Test
  void aRefusedPublishFailsAndOneRefusedForNowGoesAgain() throws Exception {
    try (World world = World.open()) {
      CompletableFuture<Published> bad = world.client.publish(order(1));
      Object serial = world.session.take("publish").get("serial");
      world.session.send(
          "{'op':'error','code':'forbidden-topic','message':'no','retry':'never','serial':"
              + serial
              + "}");
      assertThat(failure(bad).code()).isEqualTo("forbidden-topic");
      CompletableFuture<Published> busy = world.client.publish(order(2));
      Map<String, Object> first = world.session.take("publish");
      world.session.send(
          "{'op':'error','code':'rate-limited','message':'slow','retry':'later','retryAfterMs':2000,'serial':"
              + first.get("serial")
              + "}",
          "{'op':'beat','t':0,'n':0}");
      world.event(ClientEvent.Beat.class); // so the refusal has been seen
      world.loop.advance(2_000);
      assertThat(world.session.take("publish")).isEqualTo(first);
      assertThat(busy).isNotDone();
    }
  }

  @Test
  void manyPublishesShareFrames() throws Exception {
    try (World world = World.open()) {
      int before = world.session.frames.get();
      List<CompletableFuture<Published>> sent = new ArrayList<>();
      world.loop.execute(
          () -> {
            for (int n = 0; n < 100; n++) {
              sent.add(world.client.publish(Publish.of("app.x", null, "x".repeat(1_000))));
            }
          });
      for (int n = 0; n < 100; n++) {
        world.session.take("publish");
      }
      assertThat(world.session.frames.get() - before).isLessThan(20);
      assertThat(sent).hasSize(100);
    }
  }

  @Test
  void aCloseThatEndsTheClientFailsWhatWaits() throws Exception {
    try (World world = World.open()) {
      CompletableFuture<Published> sent = world.client.publish(order(1));
      world.session.take("publish");
      world.session.close(4403, "forbidden");
      assertThat(failure(sent).closeCode()).isEqualTo(4403);
    }
  }

  @Test
  void aReplyCompletesWithHowItWentAndIsNeverSentTwice() throws Exception {
    try (World world = World.open()) {
      Map<String, String> text = Map.of("type", "text", "content", "hi");
      CompletableFuture<String> good = world.client.reply("ev-1", text);
      assertThat(world.session.take("reply"))
          .isEqualTo(Map.of("op", "reply", "id", "ev-1", "message", text));
      world.session.send("{'op':'replied','id':'ev-1','how':'passive'}");
      assertThat(good.get(10, TimeUnit.SECONDS)).isEqualTo("passive");
      CompletableFuture<String> refused = world.client.reply("ev-2", text);
      world.session.take("reply");
      world.session.send("{'op':'error','code':'not-repliable','message':'no','retry':'never'}");
      assertThat(failure(refused).code()).isEqualTo("not-repliable");
      CompletableFuture<String> cut = world.client.reply("ev-3", text);
      world.session.take("reply");
      world.session.drop();
      assertThat(failure(cut).code()).isEqualTo("unknown-outcome");
      assertThat(failure(world.client.reply("ev-4", text)).code()).isEqualTo("not-connected");
    }
  }

  @Test
  void dataThatIsNoJsonIsRefusedAtOnce() throws Exception {
    try (World world = new World()) {
      assertThatThrownBy(() -> world.client.publish(Publish.of("app.x", null, new Object())))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
