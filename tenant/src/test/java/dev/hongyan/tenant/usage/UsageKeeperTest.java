package dev.hongyan.tenant.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.usage.Usage;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UsageKeeperTest {
  static final LocalDate DAY = LocalDate.of(2026, 11, 21);
  static RedisFixture redis;

  final ManualTime time = new ManualTime(Instant.parse("2026-11-21T23:59:30Z").toEpochMilli());
  final Usage usage = new Usage();
  UsageStore store;
  UsageKeeper keeper;

  @BeforeAll
  static void open() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void close() {
    redis.close();
  }

  @BeforeEach
  void fresh() {
    redis.clear();
    exists("acme");
    store = new UsageStore(redis.link());
    keeper = new UsageKeeper(usage, store, time, time, "n1");
  }

  private static void exists(String tenant) {
    var unused = redis.send(Command.HSET, Keys.of(tenant).config("tenant"), "version", "1");
  }

  private DayUsage day(LocalDate day) {
    // One connection, so this is behind whatever was sent before.
    return redis.await(store.read("acme", day, day)).get(0);
  }

  @Test
  void countsComeToTheStoreEveryTenSeconds() {
    var unused = redis.send(Command.XADD, Keys.of("acme").log(), "*", "e", "hello");
    usage.of("acme").add(Used.PUSHES);
    usage.of("acme").add(Used.PUSH_BYTES, 500);
    time.advance(Duration.ofSeconds(9));
    assertThat(day(DAY).isEmpty()).isTrue();
    time.advance(Duration.ofSeconds(1));
    redis.await(keeper.flush());
    usage.of("acme").add(Used.PUSHES, 2);
    redis.await(keeper.flush());
    DayUsage stored = day(DAY);
    assertThat(stored.counts()).isEqualTo(Map.of(Used.PUSHES, 3L, Used.PUSH_BYTES, 500L));
    assertThat(stored.storageMessages()).isEqualTo(1);
    assertThat(stored.storageBytes()).isPositive();
  }

  @Test
  void whatWasCountedBeforeMidnightBelongsToTheDayThatEnds() {
    usage.of("acme").add(Used.PUBLISHES, 7);
    time.advance(Duration.ofSeconds(31)); // three rounds; the last one is at midnight
    redis.await(keeper.flush());
    usage.of("acme").add(Used.PUBLISHES, 5);
    redis.await(keeper.flush());
    assertThat(day(DAY).of(Used.PUBLISHES)).isEqualTo(7);
    assertThat(day(DAY.plusDays(1)).of(Used.PUBLISHES)).isEqualTo(5);
    assertThat(redis.await(store.read("acme", DAY, DAY.plusDays(2)))).hasSize(3);
  }

  @Test
  void whatIsSentTwiceCountsOnce() {
    long[] counts = new long[Used.values().length];
    counts[Used.WECHAT_CALLS.ordinal()] = 4;
    redis.await(store.add("acme", DAY, "n1", 1, counts));
    redis.await(store.add("acme", DAY, "n1", 1, counts));
    redis.await(store.add("acme", DAY, "n2", 1, counts));
    redis.await(store.add("acme", DAY, "n1", 2, counts));
    assertThat(day(DAY).of(Used.WECHAT_CALLS)).isEqualTo(12);
  }

  @Test
  void aDayIsKeptForFourHundredDaysAndNothingOfATenantThatIsGone() {
    usage.of("acme").add(Used.PUSHES);
    usage.of("gone").add(Used.PUSHES);
    redis.await(keeper.flush());
    long seconds = redis.send(Command.TTL, Keys.of("acme").usage("2026-11-21")).toLong();
    assertThat(seconds).isBetween(399 * 86_400L, 400 * 86_400L);
    assertThat(redis.keys()).noneMatch(key -> key.contains("{gone}"));
  }

  @Test
  void atTheEndNothingIsLeftUnsaved() {
    usage.of("acme").add(Used.HTTP_DELIVERIES, 9);
    redis.await(keeper.stop());
    assertThat(day(DAY).of(Used.HTTP_DELIVERIES)).isEqualTo(9);
    assertThat(time.pending()).isZero();
  }

  @Test
  void aDayOfManyTenantsIsReadInTheirOrder() {
    exists("bolt");
    usage.of("bolt").add(Used.PUSHES, 2);
    redis.await(keeper.flush());
    assertThat(redis.await(store.read(List.of("acme", "bolt"), DAY)))
        .extracting(d -> d.of(Used.PUSHES))
        .containsExactly(0L, 2L);
  }

  @Test
  void whoDoesNothingForLongIsForgottenAndLosesNothing() {
    var held = usage.of("acme");
    for (int i = 0; i < 100; i++) {
      assertThat(usage.take()).isEmpty();
      if (i == 60) {
        held.add(Used.PUSHES); // somebody still had it in his hand
        assertThat(usage.take()).containsOnlyKeys("acme");
      }
    }
    assertThat(usage.of("acme")).isNotSameAs(held);
  }
}
