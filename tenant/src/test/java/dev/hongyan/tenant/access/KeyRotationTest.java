package dev.hongyan.tenant.access;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.access.ApiKeys.ApiKey;
import dev.hongyan.tenant.access.ApiKeys.Made;
import dev.hongyan.tenant.store.RedisSubscriber;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeyRotationTest {
  static RedisFixture redis;

  final ManualTime time = new ManualTime(1_800_000_000_000L);
  final KeyLedger ledger = new KeyLedger(time);
  final ApiKeys keys = new ApiKeys(redis.link(), time, ledger);

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
  }

  Made make() {
    return await(keys.create("acme", new JsonObject().put("role", "guest").put("name", "till 7")));
  }

  ApiKey read(String id) {
    return await(keys.read("acme", id));
  }

  String holder(Made made) {
    return await(keys.verify(made.secret().reveal())).key();
  }

  static void assertProblem(Problem problem, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  @Test
  void bothSecretsOfARotatedKeyWorkUntilTheOverlapEnds() {
    Made first = make();
    Made second = await(keys.rotate("acme", first.key().id(), Duration.ofHours(1)));
    assertThat(second.secret()).isNotEqualTo(first.secret());
    assertThat(holder(first)).isEqualTo(first.key().id());
    assertThat(holder(second)).isEqualTo(first.key().id());
    ApiKey shown = read(first.key().id());
    assertThat(shown.previousEndsAtMillis()).isEqualTo(time.wallMillis() + 3_600_000);
    assertThat(shown.name()).isEqualTo("till 7");
    assertThat(await(keys.list("acme"))).hasSize(1);

    time.advance(Duration.ofHours(1));
    assertProblem(Problem.UNAUTHENTICATED, () -> holder(first));
    assertThat(holder(second)).isEqualTo(first.key().id());
    assertThat(read(first.key().id()).previousEndsAtMillis()).isNull();
  }

  @Test
  void withoutAnOverlapTheFormerSecretEndsAtOnce() {
    Made first = make();
    assertThat(holder(first)).isEqualTo(first.key().id()); // it is trusted now
    Made second = await(keys.rotate("acme", first.key().id(), Duration.ZERO));
    assertProblem(Problem.UNAUTHENTICATED, () -> holder(first));
    assertThat(holder(second)).isEqualTo(first.key().id());
  }

  @Test
  void ofSeveralFormerSecretsOnlyTheLastWorks() {
    Made first = make();
    String id = first.key().id();
    Made second = await(keys.rotate("acme", id, Duration.ofDays(1)));
    Made third = await(keys.rotate("acme", id, Duration.ofDays(1)));
    assertProblem(Problem.UNAUTHENTICATED, () -> holder(first));
    assertThat(holder(second)).isEqualTo(id);
    assertThat(holder(third)).isEqualTo(id);
    await(keys.delete("acme", id));
    assertProblem(Problem.UNAUTHENTICATED, () -> holder(second));
    assertProblem(Problem.UNAUTHENTICATED, () -> holder(third));
    assertThat(redis.keys()).isEmpty();
  }

  @Test
  void aKeyThatIsNotThereIsNeitherReadNorRotated() {
    assertProblem(Problem.NOT_FOUND, () -> read("none"));
    assertProblem(Problem.NOT_FOUND, () -> await(keys.rotate("acme", "none", Duration.ofDays(1))));
  }

  @Test
  void aUseIsWrittenOnceAMinuteAndShownFromThen() {
    Made made = make();
    String id = made.key().id();
    assertThat(holder(made)).isEqualTo(id);
    assertThat(read(id).lastUsedAtMillis()).isNull();
    long first = time.wallMillis();
    await(ledger.save(redis.link()));
    assertThat(read(id).lastUsedAtMillis()).isEqualTo(first);

    time.advance(Duration.ofSeconds(30));
    assertThat(holder(made)).isEqualTo(id);
    await(ledger.save(redis.link()));
    assertThat(read(id).lastUsedAtMillis()).isEqualTo(first);

    long last = time.wallMillis();
    time.advance(Duration.ofSeconds(30));
    await(ledger.save(redis.link()));
    assertThat(read(id).lastUsedAtMillis()).isEqualTo(last);
  }

  @Test
  void theUseOfAKeyThatHasEndedLeavesNothing() {
    Made made = make();
    assertThat(holder(made)).isEqualTo(made.key().id());
    await(keys.delete("acme", made.key().id()));
    await(ledger.save(redis.link()));
    assertThat(redis.keys()).isEmpty();
  }

  @Test
  void aKeyThatEndsOnOneNodeEndsOnTheOthersWhenTheyHearOfIt() throws Exception {
    KeyLedger there = new KeyLedger(time);
    ApiKeys elsewhere = new ApiKeys(redis.link(), time, there);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    RedisSubscriber news =
        redis
            .store()
            .subscribe(
                KeyLedger.CHANNEL,
                (channel, digest) -> {
                  there.hear(digest);
                  heard.add(digest);
                });
    try {
      // What is published before the other side listens is lost, so say something until it does.
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (heard.isEmpty() && System.nanoTime() < end) {
        var said = redis.send(Command.PUBLISH, KeyLedger.CHANNEL, "hello");
      }
      Made made = make();
      String secret = made.secret().reveal();
      assertThat(await(elsewhere.verify(secret)).key()).isEqualTo(made.key().id());
      await(keys.delete("acme", made.key().id()));
      String told = ApiKeys.digest(secret);
      String next = heard.poll(20, TimeUnit.SECONDS);
      while (next != null && !told.equals(next)) { // greetings that were on their way
        next = heard.poll(20, TimeUnit.SECONDS);
      }
      assertThat(next).isEqualTo(told);
      // The clock stands still, so nothing but the news can have ended the trust.
      assertProblem(Problem.UNAUTHENTICATED, () -> await(elsewhere.verify(secret)));
    } finally {
      news.close();
    }
  }

  @Test
  void whatTheStoreSaidBeforeTheNewsIsNotTrustedAfterIt() {
    KeyLedger there = new KeyLedger(time);
    long before = there.ended();
    ApiKey key = make().key();
    there.hear("digest");
    there.trust("digest", key, before);
    assertThat(there.trusted("digest")).isNull();
    there.trust("digest", key, there.ended());
    assertThat(there.trusted("digest")).isEqualTo(key);
  }

  @Test
  void aScopeThatIsNoneIsToldByItsPlace() {
    JsonObject body =
        new JsonObject()
            .put("role", "guest")
            .put("scopes", new JsonArray().add("token:read").add("all").add("keys:write"));
    assertThatThrownBy(() -> await(keys.create("acme", body)))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.errors())
                    .extracting(ProblemException.FieldError::field)
                    .containsExactly("scopes[1]", "scopes[2]"));
  }
}
