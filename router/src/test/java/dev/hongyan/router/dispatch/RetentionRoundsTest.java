package dev.hongyan.router.dispatch;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.LogStore.Retention;
import dev.hongyan.router.slot.Slots;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.Script;
import dev.hongyan.tenant.testing.RedisFixture;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetentionRoundsTest {
  private static final Script FILL =
      Script.of(
          "fill",
          """
          redis.call('HSET', KEYS[1], 'epoch', 'e', 'seq', ARGV[1])
          for i = 1, ARGV[1] do redis.call('XADD', KEYS[2], i .. '-0', 'e', 'x') end
          return 1
          """);
  private static RedisFixture redis;
  private final ManualTime time = new ManualTime(1_800_000_000_000L);
  private final LogStore log = new LogStore(redis.link(), () -> "e");

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

  static void fill(String tenant, int messages) {
    Keys keys = Keys.of(tenant);
    var unused = await(redis.link().eval(FILL, List.of(keys.head(), keys.log()), messages));
  }

  RetentionRounds rounds(int keep) {
    return new RetentionRounds(log, time, slot -> 1, t -> new Retention(keep, Duration.ZERO));
  }

  @Test
  void aTenantInLineIsTrimmedOnceHoweverOftenItWasDue() {
    fill("acme", 30);
    RetentionRounds rounds = rounds(10);
    rounds.due("acme");
    rounds.due("acme");
    assertThat(await(rounds.round())).isEqualTo(20);
    assertThat(await(rounds.round())).isZero();
    fillOn("acme", 31, 35);
    assertThat(await(rounds.round())).isZero(); // nobody said that it is due
    rounds.due("acme");
    assertThat(await(rounds.round())).isEqualTo(5);
  }

  private static void fillOn(String tenant, int from, int to) {
    Script more =
        Script.of(
            "more",
            """
            for i = ARGV[1], ARGV[2] do redis.call('XADD', KEYS[2], i .. '-0', 'e', 'x') end
            return redis.call('HSET', KEYS[1], 'seq', ARGV[2])
            """);
    Keys keys = Keys.of(tenant);
    var unused = await(redis.link().eval(more, List.of(keys.head(), keys.log()), from, to));
  }

  @Test
  void onlyTheOwnerTrims() {
    fill("ours", 5);
    fill("theirs", 5);
    assertThat(Slots.of("ours")).isNotEqualTo(Slots.of("theirs"));
    int ours = Slots.of("ours");
    RetentionRounds rounds =
        new RetentionRounds(
            log, time, slot -> slot == ours ? 3 : 0, t -> new Retention(1, Duration.ZERO));
    rounds.due("ours");
    rounds.due("theirs");
    assertThat(await(rounds.round())).isEqualTo(4);
    assertThat(await(log.head("theirs")).oldest()).isEqualTo(1);
  }

  @Test
  void anOwnerThatWasReplacedCountsNothing() {
    fill("acme", 5);
    await(log.trim("acme", new Retention(5, Duration.ZERO), time.wallMillis(), 9));
    RetentionRounds rounds = rounds(1);
    rounds.due("acme");
    assertThat(await(rounds.round())).isZero();
    assertThat(await(log.head("acme")).oldest()).isEqualTo(1);
  }

  @Test
  void aRoundTakesAFewTenantsAndTheNextOneGoesOn() {
    RetentionRounds rounds = rounds(1);
    int tenants = RetentionRounds.TENANTS_A_ROUND * 2 + 10;
    for (int i = 0; i < tenants; i++) {
      fill("t" + i, 2);
      rounds.due("t" + i);
    }
    assertThat(await(rounds.round())).isEqualTo(RetentionRounds.TENANTS_A_ROUND);
    assertThat(await(rounds.round())).isEqualTo(RetentionRounds.TENANTS_A_ROUND);
    assertThat(await(rounds.round())).isEqualTo(10);
  }

  @Test
  void aLogFarOverItsBoundIsCutInSeveralRounds() {
    fill("acme", LogStore.CUT_AT_ONCE + 1_000);
    RetentionRounds rounds = rounds(100);
    rounds.due("acme");
    assertThat(await(rounds.round())).isEqualTo(LogStore.CUT_AT_ONCE);
    assertThat(await(rounds.round())).isEqualTo(900); // stood in line by itself
    assertThat(await(rounds.round())).isZero();
  }
}
