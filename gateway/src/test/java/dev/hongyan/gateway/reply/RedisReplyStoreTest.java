package dev.hongyan.gateway.reply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.reply.ReplyStore.State;
import dev.hongyan.gateway.reply.ReplyStore.Way;
import dev.hongyan.gateway.reply.ReplyStore.Wish;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisReplyStoreTest {
  private static final byte[] ANSWER = "{\"type\":\"text\"}".getBytes(StandardCharsets.UTF_8);
  private static RedisFixture redis;
  private static RedisReplyStore store;

  @BeforeAll
  static void start() {
    redis = RedisFixture.start();
    store = new RedisReplyStore(redis.link());
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @Test
  void whateverIsAskedItSaysWhatTheOneInMemorySays() {
    SharedReplyStore memory = new SharedReplyStore();
    Random random = new Random(42);
    for (int event = 1; event <= 60; event++) {
      for (int step = 0; step < 12; step++) {
        int what = random.nextInt(7);
        List<State> said = List.of(ask(memory, event, what, step), ask(store, event, what, step));
        assertThat(text(said.get(1))).as("event %d, %d", event, what).isEqualTo(text(said.get(0)));
      }
    }
  }

  private static State ask(ReplyStore of, long event, int what, int step) {
    return RedisFixture.await(
        switch (what) {
          case 0 -> of.join("acme", event);
          case 1 -> of.offer("acme", event, ("answer " + step).getBytes(StandardCharsets.UTF_8));
          default -> of.settle("acme", event, Wish.values()[what - 2]);
        });
  }

  private static String text(State state) {
    byte[] answer = state.answer();
    return state.tries()
        + " "
        + state.way()
        + " "
        + (answer == null ? null : new String(answer, StandardCharsets.UTF_8));
  }

  @Test
  void whatIsKeptIsForgottenAfterAWhile() {
    assertThat(RedisFixture.await(store.offer("acme", 1001, ANSWER)).way()).isEqualTo(Way.OPEN);
    long seconds =
        RedisFixture.await(
                redis.link().send(Request.cmd(Command.TTL).arg(Keys.of("acme").reply(1001))))
            .toLong();
    assertThat(seconds).isBetween(1L, (long) ReplyStore.KEPT_SECONDS);
  }

  @Test
  void theFirstOfARepeatedMessageIsFoundInTheLog() {
    LogAppender log =
        new LogAppender(
            redis.link(),
            Clock.system(),
            () -> "e1",
            task -> redis.vertx().runOnContext(v -> task.run()),
            () -> false,
            entries -> {});
    for (long id : List.of(71L, 72L)) {
      RedisFixture.await(
          log.append(
              new NewMessage(
                  "acme", new EntryHeader(id, "wx.mp.x", "o1", 5, 0), "shop", "k", ANSWER)));
    }
    assertThat(RedisFixture.await(store.original("acme", "shop", "k")).id()).isEqualTo(71);
    assertThat(RedisFixture.await(store.original("acme", "shop", "other"))).isNull();
  }
}
