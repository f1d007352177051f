package dev.hongyan.router.trail;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.Messages;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.testing.RedisFixture;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DuplicateNotesTest {
  @Test
  void aRepeatIsWrittenDownAtTheMessageThatCameFirst() {
    try (RedisFixture redis = RedisFixture.start()) {
      ManualTime time = new ManualTime(1_800_000_000_000L);
      LogStore log = new LogStore(redis.link(), () -> "e");
      Trail trail = new Trail(redis.link(), time, Duration.ofHours(1));
      LogAppender appender =
          new LogAppender(redis.link(), time, () -> "e", Runnable::run, () -> false, entries -> {});
      appender.onDuplicate(new DuplicateNotes(log, trail, time));
      NewMessage first = Messages.message("acme", 7_000_000_000L, "k");
      NewMessage again =
          new NewMessage(
              "acme",
              new EntryHeader(7_000_000_001L, "wx.mp.message.text", "o", 1, 0),
              "shop",
              "k",
              Messages.event(8));
      assertThat(await(appender.append(first)).duplicate()).isFalse();
      assertThat(await(appender.append(again)).duplicate()).isTrue();
      await(log.read("acme", "e", 1, 1)); // behind the read of the notes
      time.advance(Duration.ofMillis(200));
      assertThat(await(trail.read("acme", 7_000_000_000L)))
          .singleElement()
          .asString()
          .contains("\"what\":\"duplicate\"");
      assertThat(await(trail.read("acme", 7_000_000_001L))).isEmpty();
    }
  }
}
