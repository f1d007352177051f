package dev.hongyan.router.spool;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.Appended;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Command;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolDrainTest {
  private static RedisFixture redis;

  @TempDir Path dir;
  private final Metrics metrics = new Metrics();
  private final AtomicLong marks = new AtomicLong(77);
  private Spool spool;

  @BeforeAll
  static void startRedis() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void start() {
    redis.clear();
    spool =
        await(
            Spool.open(
                new Spool.Settings(dir, "a", 1 << 30),
                Clock.system(),
                () -> marks.addAndGet(0x9e3779b97f4a7c15L),
                metrics));
  }

  @AfterEach
  void stop() {
    await(spool.close());
    metrics.close();
  }

  private void put(NewMessage... messages) {
    List<Future<Void>> all = new ArrayList<>();
    for (NewMessage message : messages) {
      all.add(spool.append(message));
    }
    await(Future.all(all));
  }

  /** Until these tenants have nothing in the spool any more. */
  private Future<Void> emptied(String... tenants) {
    Promise<Void> promise = Promise.promise();
    Runnable look =
        () -> {
          for (String tenant : tenants) {
            if (spool.held(tenant) > 0) {
              return;
            }
          }
          boolean unused = promise.tryComplete();
        };
    spool.onEmptied(tenant -> look.run());
    look.run();
    return promise.future();
  }

  private String drain(Function<String, Future<Boolean>> exists) {
    return await(
        redis
            .vertx()
            .deployVerticle(
                new SpoolVerticle(
                    new SpoolVerticle.Parts(
                        spool,
                        redis.store(),
                        Clock.system(),
                        new TailExchange(),
                        exists,
                        () -> "e1",
                        () -> false,
                        metrics))));
  }

  private static List<LogEntry> log(String tenant) {
    LogStore log = new LogStore(redis.link(), () -> "e2");
    LogHead head = await(log.head(tenant));
    return await(log.read(tenant, head.epoch(), 1, 1000));
  }

  private static List<Long> ids(String tenant) {
    return log(tenant).stream().map(e -> e.header().id()).toList();
  }

  private long drained(String outcome) {
    return metrics.tally(Series.SPOOL_DRAINED, outcome).count();
  }

  @Test
  void theLogHasThemInOrderOnceAndAsTheyWereTaken() {
    List<Long> expected = new ArrayList<>();
    for (long n = 1; n <= 600; n++) {
      put(Pushes.push("acme", "o", n));
      expected.add(n);
    }
    put(Pushes.push("acme", "o", 600), Pushes.push("bolt", "o", 1));
    Future<Void> empty = emptied("acme", "bolt");
    String verticle = drain(tenant -> Future.succeededFuture(true));
    await(empty);
    assertThat(ids("acme")).isEqualTo(expected);
    assertThat(ids("bolt")).containsExactly(1L);
    assertThat(log("acme").get(4).header()).isEqualTo(Pushes.push("acme", "o", 5).header());
    assertThat(drained("new")).isEqualTo(601);
    assertThat(drained("duplicate")).isEqualTo(1);
    // And goes on with what comes.
    put(Pushes.push("acme", "o", 700));
    await(emptied("acme"));
    assertThat(ids("acme")).endsWith(700L);
    await(redis.vertx().undeploy(verticle));
  }

  @Test
  void aTenantWhoseLogRefusesForGoodDoesNotHoldUpTheOthers() {
    redis.send(Command.SET, "hy:{evil}:log", "not a stream");
    put(
        Pushes.push("evil", "o", 1),
        Pushes.push("acme", "o", 1),
        Pushes.push("evil", "o", 2),
        Pushes.push("acme", "o", 2));
    Future<Void> empty = emptied("acme", "evil");
    String verticle = drain(tenant -> Future.succeededFuture(true));
    await(empty);
    assertThat(ids("acme")).containsExactly(1L, 2L);
    assertThat(drained("refused")).isEqualTo(2);
    await(redis.vertx().undeploy(verticle));
    await(spool.close());
    assertThat(spool.state().badBytes()).isPositive();
  }

  @Test
  void pushesOfATenantThatIsGoneAreDroppedAndNoLogIsMadeForIt() {
    put(Pushes.push("gone", "o", 1), Pushes.push("acme", "o", 1));
    Future<Void> empty = emptied("acme", "gone");
    String verticle = drain(tenant -> Future.succeededFuture(!tenant.equals("gone")));
    await(empty);
    assertThat(ids("acme")).containsExactly(1L);
    assertThat(drained("gone")).isEqualTo(1);
    assertThat(redis.keys()).noneMatch(key -> key.contains("gone"));
    await(redis.vertx().undeploy(verticle));
  }

  @Test
  void whatHasNoKnownOutcomeIsTriedAgainInItsOrder() {
    put(Pushes.push("acme", "o", 1), Pushes.push("acme", "o", 2), Pushes.push("acme", "p", 3));
    Map<Long, Integer> tries = new HashMap<>();
    List<Long> taken = new ArrayList<>();
    Future<Void> empty = emptied("acme");
    redis
        .vertx()
        .runOnContext(
            v ->
                new SpoolDrain(
                        spool,
                        message -> {
                          long id = message.header().id();
                          if (tries.merge(id, 1, Integer::sum) < 3) {
                            return Future.failedFuture(Problem.STORE_UNAVAILABLE.because("away"));
                          }
                          taken.add(id);
                          return Future.succeededFuture(new Appended("e", 1, false));
                        },
                        tenant -> Future.succeededFuture(true),
                        () -> true,
                        new dev.hongyan.observability.time.VertxTimers(redis.vertx()),
                        metrics)
                    .go());
    await(empty);
    assertThat(taken).containsExactly(1L, 2L, 3L);
  }
}
