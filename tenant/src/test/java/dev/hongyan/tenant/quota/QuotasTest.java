package dev.hongyan.tenant.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes on one real Redis. */
class QuotasTest {
  static RedisFixture redis;
  static RedisLink second;

  final Map<String, Quota> tenants = new ConcurrentHashMap<>();

  @BeforeAll
  static void open() {
    redis = RedisFixture.start();
    second = redis.store().link();
    redis.await(second.ready());
  }

  @AfterAll
  static void close() {
    redis.await(second.close());
    redis.close();
  }

  @BeforeEach
  void fresh() {
    redis.clear();
    exists("acme");
  }

  private static void exists(String tenant) {
    var unused = redis.send(Command.HSET, Keys.of(tenant).config("tenant"), "version", "1");
  }

  private static Quota of(Limit... limits) {
    return new Quota(List.of(limits), Quota.Ceilings.NONE);
  }

  private static Quota ceilings(Quota.Ceilings max) {
    return new Quota(List.of(), max);
  }

  private static void await(BooleanSupplier what) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!what.getAsBoolean()) {
      assertThat(System.nanoTime()).as("nothing happened within 30 s").isLessThan(until);
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void twoNodesUnderLoadLetThroughWhatTheirTenantMayUseTogether() throws Exception {
    double rate = 2_000;
    tenants.put("acme", of(new Limit("publish", rate, 1_000, null)));
    Timers timers = new VertxTimers(redis.vertx());
    Quotas one = new Quotas(Clock.system(), tenants::get);
    Quotas two = new Quotas(Clock.system(), tenants::get);
    Timers.Cancellable first = one.share(redis.link(), timers, "n1", () -> 2);
    Timers.Cancellable other = two.share(second, timers, "n2", () -> 2);
    long[] passed = new long[2];
    long began = System.nanoTime();
    long nanos = TimeUnit.SECONDS.toNanos(8);
    Thread hot = load(one, passed, 0, 4_000, began, nanos);
    Thread cool = load(two, passed, 1, 500, began, nanos);
    hot.join();
    cool.join();
    double seconds = (System.nanoTime() - began) / 1e9;
    first.cancel();
    other.cancel();
    double exact = 1_000 + rate * seconds;
    // How near it is, is what the simulation shows; here a busy machine may hold a thread up.
    assertThat((double) (passed[0] + passed[1])).isBetween(exact * 0.8, exact * 1.02);
    assertThat(passed[1]).as("the cooler node").isPositive();
  }

  /** Some calls a millisecond; what was missed is made up for. */
  private static Thread load(
      Quotas quotas, long[] passed, int at, int perSecond, long began, long nanos) {
    Thread thread =
        new Thread(
            () -> {
              long calls = 0;
              for (long spent = 0; spent < nanos; spent = System.nanoTime() - began) {
                long due = spent * perSecond / TimeUnit.SECONDS.toNanos(1);
                for (; calls < due; calls++) {
                  passed[at] += quotas.take("acme", "publish").passes() ? 1 : 0;
                }
                LockSupport.parkNanos(200_000);
              }
            });
    thread.start();
    return thread;
  }

  @Test
  void whatOneNodeHasUsedTheOtherDoesNotHave() {
    tenants.put("acme", of(new Limit("admin", 0.01, 50, null)));
    Quotas one = new Quotas(Clock.system(), tenants::get);
    Quotas two = new Quotas(Clock.system(), tenants::get);
    Timers timers = new VertxTimers(redis.vertx());
    Timers.Cancellable first = one.share(redis.link(), timers, "n1", () -> 1);
    for (int i = 0; i < 60; i++) {
      assertThat(one.take("acme", "admin").passes()).as("call %d", i).isEqualTo(i < 50);
    }
    String budget = Keys.of("acme").budget("admin");
    await(() -> redis.send(Command.HGET, budget, "level") != null);
    Timers.Cancellable other = two.share(second, timers, "n2", () -> 2);
    // It may use its part before it has heard, and then nothing.
    await(() -> !two.take("acme", "admin").passes());
    long[] more = {0};
    for (int i = 0; i < 1_000; i++) {
      more[0] += two.take("acme", "admin").passes() ? 1 : 0;
    }
    assertThat(more[0]).isLessThanOrEqualTo(25);
    first.cancel();
    other.cancel();
  }

  @Test
  void ofATenantThatIsGoneNothingIsKept() {
    tenants.put("gone", of(new Limit("admin", 10, 50, null)));
    Quotas one = new Quotas(Clock.system(), tenants::get);
    Timers.Cancellable sharing =
        one.share(redis.link(), new VertxTimers(redis.vertx()), "n1", () -> 1);
    for (int i = 0; i < 20; i++) {
      assertThat(one.take("gone", "admin").passes()).isTrue();
    }
    exists("last"); // a tenant that is asked for after it
    tenants.put("last", of(new Limit("admin", 10, 50, null)));
    assertThat(one.take("last", "admin").passes()).isTrue();
    await(() -> redis.keys().contains(Keys.of("last").budget("admin")));
    assertThat(redis.keys()).noneMatch(key -> key.contains("{gone}"));
    sharing.cancel();
  }

  @Test
  void anotherQuotaCountsAtOnceAndRowsOfAClassCountBesideTheOneForAll() {
    ManualTime time = new ManualTime(0);
    tenants.put("acme", of(new Limit("publish", 10, 10, null), new Limit("publish", 1, 2, 3)));
    Quotas quotas = new Quotas(time, tenants::get);
    assertThat(quotas.take("acme", "publish", 3, 1).passes()).isTrue();
    assertThat(quotas.take("acme", "publish", 3, 1).passes()).isTrue();
    Verdict third = quotas.take("acme", "publish", 3, 1);
    assertThat(third.passes()).isFalse();
    assertThat(third.limit()).isEqualTo(new Limit("publish", 1, 2, 3));
    for (int i = 0; i < 8; i++) {
      assertThat(quotas.take("acme", "publish").passes()).isTrue();
    }
    Verdict last = quotas.take("acme", "publish");
    assertThat(last.passes()).isFalse();
    assertThat(last.retryAfterMillis()).isEqualTo(100);
    assertThat(last.retryAfterSeconds()).isEqualTo(1);
    tenants.put("acme", Quota.NONE);
    quotas.changed("acme");
    assertThat(quotas.take("acme", "publish")).isSameAs(Verdict.FREE);
  }

  @Test
  void aFamilyWithoutARowOfItsOwnTakesFromThatOfAll() {
    tenants.put("acme", of(new Limit("wxapi", 1, 2, null), new Limit("wxapi.message", 1, 1, null)));
    Quotas quotas = new Quotas(new ManualTime(0), tenants::get);
    assertThat(quotas.take("acme", "wxapi.message").passes()).isTrue();
    assertThat(quotas.take("acme", "wxapi.message").passes()).isFalse();
    assertThat(quotas.take("acme", "wxapi.user").passes()).isTrue();
    assertThat(quotas.take("acme", "wxapi.media").passes()).isTrue();
    assertThat(quotas.take("acme", "wxapi.user").passes()).isFalse();
  }

  @Test
  void aRefusalIsCountedForItsTenant() {
    Metrics metrics = new Metrics();
    tenants.put("acme", of(new Limit("admin", 1, 1, null)));
    Quotas quotas = new Quotas(new ManualTime(0), tenants::get);
    quotas.measure(metrics);
    assertThat(quotas.take("acme", "admin").passes()).isTrue();
    assertThat(quotas.take("acme", "admin").passes()).isFalse();
    assertThat(metrics.usage().take().get("acme")[Used.REFUSED.ordinal()]).isEqualTo(1);
    metrics.close();
  }

  @Test
  void sessionsAreCountedOverAllNodes() {
    tenants.put("acme", ceilings(new Quota.Ceilings(3L, null, null, null, null)));
    Timers timers = new VertxTimers(redis.vertx());
    Quotas one = new Quotas(Clock.system(), tenants::get);
    Quotas two = new Quotas(Clock.system(), tenants::get);
    Timers.Cancellable first = one.share(redis.link(), timers, "n1", () -> 2);
    Timers.Cancellable other = two.share(second, timers, "n2", () -> 2);
    assertThat(one.open("acme")).isTrue();
    assertThat(one.open("acme")).isTrue();
    await(() -> two.open("acme") && two.isFull("acme") || closed(two));
    await(() -> one.isFull("acme"));
    assertThat(one.open("acme")).isFalse();
    two.close("acme");
    await(() -> !one.isFull("acme"));
    first.cancel();
    other.cancel();
  }

  /** It had not heard of the other node yet: as if that session had never been. */
  private static boolean closed(Quotas two) {
    two.close("acme");
    return false;
  }

  @Test
  void aLogThatIsFullTakesNoMoreOfWhatItsTenantPublishes() {
    for (int i = 0; i < 5; i++) {
      var unused = redis.send(Command.XADD, Keys.of("acme").log(), "*", "e", "x".repeat(100));
    }
    tenants.put("acme", ceilings(new Quota.Ceilings(null, 6L, null, null, null)));
    Quotas quotas = new Quotas(Clock.system(), tenants::get);
    Timers.Cancellable sharing =
        quotas.share(redis.link(), new VertxTimers(redis.vertx()), "n1", () -> 1);
    await(() -> isFull(quotas));
    var unused = redis.send(Command.XTRIM, Keys.of("acme").log(), "MAXLEN", 2);
    await(() -> !isFull(quotas));
    tenants.put("acme", ceilings(new Quota.Ceilings(null, null, 300L, null, null)));
    quotas.changed("acme");
    await(() -> isFull(quotas));
    sharing.cancel();
  }

  private static boolean isFull(Quotas quotas) {
    try {
      quotas.store("acme", 100);
      return false;
    } catch (ProblemException e) {
      assertThat(e.problem()).isEqualTo(Problem.QUOTA_EXCEEDED);
      return true;
    }
  }
}
