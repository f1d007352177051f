package dev.hongyan.router.node;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeNumberTest {
  private static RedisFixture redis;
  private final ManualTime time = new ManualTime(1_800_000_000_000L);

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

  NodeNumber node(String name, IntUnaryOperator random) {
    return new NodeNumber(redis.link(), name, time, time, random);
  }

  /** Draws 0, 1, 2 … */
  static IntUnaryOperator counting() {
    int[] next = {0};
    return bound -> next[0]++ % bound;
  }

  static long numberOf(NodeNumber node) {
    return node.nextId() >>> 12 & 1023;
  }

  static void assertNoIds(NodeNumber node) {
    assertThatThrownBy(node::nextId)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem()).isEqualTo(Problem.STORE_UNAVAILABLE));
  }

  private static void settled() {
    for (int i = 0; i < 4; i++) {
      var unused = redis.send(Command.PING);
    }
  }

  /** A search for a number asks up to 64 times, one after the other. */
  private static void settledLong() {
    for (int i = 0; i < 70; i++) {
      var unused = redis.send(Command.PING);
    }
  }

  @Test
  void noTwoProcessesShareANumberAlsoWhenTheyDrawTheSame() {
    List<NodeNumber> nodes = new ArrayList<>();
    Set<Long> numbers = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      NodeNumber node = node("n" + i, counting());
      await(node.start());
      nodes.add(node);
      assertThat(numbers.add(numberOf(node))).isTrue();
    }
    Set<Long> ids = new HashSet<>();
    for (NodeNumber node : nodes) {
      for (int i = 0; i < 100; i++) {
        assertThat(ids.add(node.nextId())).isTrue();
      }
    }
  }

  @Test
  void beforeTheStartThereAreNoIds() {
    assertNoIds(node("a", counting()));
  }

  @Test
  void aNumberIsRenewedAndItsIdsGoOnGrowing() {
    NodeNumber a = node("a", counting());
    await(a.start());
    long last = a.nextId();
    for (int i = 0; i < 60; i++) {
      redis.send(Command.PEXPIRE, "hy:node-number:0", "30000");
      time.advance(Duration.ofSeconds(5));
      settled();
      assertThat(redis.send(Command.PTTL, "hy:node-number:0").toLong()).isGreaterThan(50_000);
      long id = a.nextId();
      assertThat(id).isGreaterThan(last);
      last = id;
    }
  }

  @Test
  void aNumberThatWasTakenOverIsLeftAndAnotherOneFound() {
    NodeNumber a = node("a", counting());
    await(a.start());
    assertThat(numberOf(a)).isZero();
    redis.send(Command.SET, "hy:node-number:0", "somebody else");
    time.advance(Duration.ofSeconds(5));
    settled();
    assertThat(numberOf(a)).isEqualTo(1);
  }

  @Test
  void whileNoNumberIsFreeThereAreNoIds() {
    NodeNumber a = node("a", bound -> 7); // draws the same for ever
    await(a.start());
    redis.send(Command.SET, "hy:node-number:7", "somebody else");
    time.advance(Duration.ofSeconds(5));
    settledLong();
    assertNoIds(a);
    redis.send(Command.DEL, "hy:node-number:7");
    time.advance(Duration.ofSeconds(5));
    settledLong();
    assertThat(numberOf(a)).isEqualTo(7);
  }

  @Test
  void withoutTheStoreIdsComeFromTheEndOfTheLeaseAndMeetNobodyElses() {
    NodeNumber a = node("a", counting());
    await(a.start());
    ManualTime later = new ManualTime(time.wallMillis());
    NodeNumber b = new NodeNumber(redis.link(), "b", later, new Asleep(), counting());
    await(b.start());
    later.advance(Duration.ofSeconds(50).minusNanos(1_000_000));
    long last = b.nextId();
    later.advance(Duration.ofMillis(2));
    long leaseEnds = time.wallMillis() + NodeNumber.LEASE.toMillis();
    Set<Long> drawn = new HashSet<>(List.of(last));
    for (int hours = 0; hours < 5; hours++) {
      later.advance(Duration.ofHours(1));
      for (int i = 0; i < 5_000; i++) {
        long id = b.nextId();
        assertThat(id).isGreaterThan(last);
        assertThat(drawn.add(id)).isTrue();
        last = id;
      }
    }
    // Whoever has the number next has it when the lease is over, and a clock of about the time.
    assertThat(Snowflake.millisOf(last)).isLessThan(leaseEnds - 4_000);
  }

  @Test
  void theReserveOfIdsHasAnEnd() {
    Snowflake ids = new Snowflake(time, 3);
    long now = time.wallMillis();
    long last = ids.next();
    for (int i = 0; i < 2 * 4096; i++) {
      long id = ids.nextBefore(now + 10, now + 12);
      assertThat(id).isGreaterThan(last);
      last = id;
    }
    assertThat(ids.nextBefore(now + 10, now + 12)).isEqualTo(-1);
    time.advance(Duration.ofMillis(20));
    assertThat(ids.next()).isGreaterThan(last);
  }

  @Test
  void aNumberThatWasGivenBackRestsBeforeItIsUsedAgain() {
    NodeNumber a = node("a", counting());
    await(a.start());
    assertThat(numberOf(a)).isZero();
    await(a.stop());
    assertNoIds(a);
    NodeNumber b = node("b", counting());
    await(b.start());
    assertThat(numberOf(b)).isEqualTo(1);
    assertThat(redis.send(Command.PTTL, "hy:node-number:0").toLong()).isBetween(1L, 10_000L);
  }

  @Test
  void aProcessThatStopsWhileItStartsEndsWithoutANumber() {
    NodeNumber a = node("a", counting());
    var starting = a.start();
    await(a.stop());
    await(starting.otherwiseEmpty());
    assertNoIds(a);
    assertThat(time.pending()).isZero();
  }

  /** Timers that never fire. */
  private static final class Asleep implements Timers {
    @Override
    public Cancellable after(Duration delay, Runnable task) {
      return () -> {};
    }

    @Override
    public Cancellable every(Duration period, Runnable task) {
      return () -> {};
    }
  }
}
