package dev.hongyan.router.log;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Places by time in a log on a real Redis. */
class LogTimesTest {
  private static final long NOW = 1_800_000_000_000L;
  private static RedisFixture redis;

  private final ManualTime time = new ManualTime(NOW);
  private final LogStore log = new LogStore(redis.link(), () -> "e1");
  private final LogTimes times = new LogTimes(redis.link(), log);
  private final LogAppender appender =
      new LogAppender(redis.link(), time, () -> "e1", Runnable::run, () -> false, entries -> {});
  private final List<Long> taken = new ArrayList<>();

  @BeforeAll
  static void start() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @BeforeEach
  void clear() {
    redis.clear();
  }

  private void append(long takenMillis) {
    long id = taken.size() + 1L;
    EntryHeader header = new EntryHeader(id, "app.x", null, takenMillis, 0);
    Appended unused =
        await(appender.append(new NewMessage("acme", header, null, null, Messages.event(id))));
    taken.add(takenMillis);
  }

  private long firstAt(long millis) {
    return await(times.firstAt("acme", await(log.head("acme")), millis));
  }

  private long expected(long millis, long oldest) {
    for (int i = (int) oldest - 1; i < taken.size(); i++) {
      if (taken.get(i) >= millis) {
        return i + 1L;
      }
    }
    return taken.size() + 1L;
  }

  @Test
  void theFirstMessageOfATimeIsFound() {
    assertThat(firstAt(NOW)).as("an empty log").isEqualTo(1);
    Random random = new Random(7);
    for (int i = 0; i < 120; i++) {
      int gap = random.nextInt(4);
      time.advance(Duration.ofMillis(gap == 0 ? 0 : random.nextInt(gap == 1 ? 60_000 : 2_500)));
      append(time.wallMillis());
    }
    for (long at : List.copyOf(taken)) {
      for (long near = at - 1; near <= at + 1; near++) {
        assertThat(firstAt(near)).as("%d", near - NOW).isEqualTo(expected(near, 1));
      }
    }
    assertThat(firstAt(0)).isEqualTo(1);
    assertThat(firstAt(Long.MAX_VALUE / 4)).isEqualTo(121);
  }

  @Test
  void whatWasCutOffIsNotAPlace() {
    for (int i = 0; i < 60; i++) {
      append(time.wallMillis());
      time.advance(Duration.ofSeconds(3));
    }
    LogStore.Retention keep = new LogStore.Retention(20, Duration.ZERO);
    assertThat(await(log.trim("acme", keep, time.wallMillis(), 1))).isEqualTo(40);
    assertThat(firstAt(NOW)).isEqualTo(41);
    for (int i = 40; i < 60; i++) {
      assertThat(firstAt(taken.get(i))).isEqualTo(i + 1L);
    }
  }

  @Test
  void aMessageThatWasDelayedMovesAPlaceByTenSecondsAtMost() {
    for (int i = 0; i < 60; i++) {
      append(i % 4 == 3 ? NOW - 1_000_000 : time.wallMillis());
      time.advance(Duration.ofSeconds(1));
    }
    for (int i = 0; i < 60; i++) {
      assertThat(firstAt(NOW + i * 1_000L)).isBetween(i + 1L - 11, i + 1L + 11);
    }
  }
}
