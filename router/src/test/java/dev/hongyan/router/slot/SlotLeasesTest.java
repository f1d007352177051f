package dev.hongyan.router.slot;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.Script;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes with clocks of their own on one real Redis, whose clock is moved by moving the leases. */
class SlotLeasesTest {
  private static RedisFixture redis;

  /** Lets the store's time pass: whatever was to last until some moment ends that much earlier. */
  private static final Script PASS =
      Script.of(
          "pass",
          """
          for i = 1, #KEYS - 1 do
            local v = redis.call('GET', KEYS[i])
            if v then
              local n, f, e = string.match(v, '^(%S+) (%d+) (%d+)')
              redis.call('SET', KEYS[i],
                string.format('%s %s %.0f', n, f, math.max(0, tonumber(e) - tonumber(ARGV[1]))))
            end
          end
          local nodes = redis.call('ZRANGE', KEYS[#KEYS], 0, -1)
          for _, n in ipairs(nodes) do redis.call('ZINCRBY', KEYS[#KEYS], -tonumber(ARGV[1]), n) end
          return 1
          """);

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

  private final List<Node> all = new ArrayList<>();

  private final class Node implements SlotLeases.Listener, Timers {
    final ManualTime time = new ManualTime(0);
    final TreeMap<Integer, Long> told = new TreeMap<>();
    final SlotLeases leases;
    boolean silent;

    Node(String name) {
      leases = new SlotLeases(redis.link(), name, time, this, this);
      all.add(this);
    }

    @Override
    public Cancellable after(Duration delay, Runnable task) {
      throw new AssertionError("not used");
    }

    /** The timers of a node that was killed or hangs do not fire. */
    @Override
    public Cancellable every(Duration period, Runnable task) {
      return time.every(
          period,
          () -> {
            if (!silent) {
              task.run();
            }
          });
    }

    @Override
    public void gained(int slot, long fence) {
      assertThat(told.put(slot, fence)).as("gained twice").isNull();
    }

    @Override
    public void lost(int slot) {
      assertThat(told.remove(slot)).as("lost what it never had").isNotNull();
    }

    List<Integer> owned() {
      return IntStream.range(0, Slots.COUNT).filter(s -> leases.fence(s) > 0).boxed().toList();
    }
  }

  /** Time passes for these nodes and for the store, in renewals, with their answers. */
  private void pass(Duration span, Node... living) {
    for (Duration left = span; !left.isZero(); ) {
      Duration step = left.compareTo(SlotLeases.RENEW) < 0 ? left : SlotLeases.RENEW;
      List<String> keys =
          new ArrayList<>(IntStream.range(0, Slots.COUNT).mapToObj(Keys::slot).toList());
      keys.add(Keys.NODES);
      var unused = await(redis.link().eval(PASS, keys, step.toMillis()));
      for (Node node : living) {
        node.time.advance(step);
        settled();
      }
      left = left.minus(step);
      for (Node node : all) {
        assertThat(node.told.keySet()).containsAll(node.owned());
      }
      noSlotHasTwoOwners();
    }
  }

  /**
   * Commands share one connection and are answered in order, and a round asks twice: who answers
   * after that answers after the round.
   */
  private static void settled() {
    for (int i = 0; i < 3; i++) {
      var unused = redis.send(Command.PING);
    }
  }

  private void noSlotHasTwoOwners() {
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      int s = slot;
      assertThat(all.stream().filter(n -> n.leases.fence(s) > 0).count()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void oneNodeTakesAllSlotsAtOnceAndKeepsThem() {
    Node a = new Node("a");
    await(a.leases.start());
    assertThat(a.owned()).hasSize(Slots.COUNT);
    assertThat(a.told.values()).containsOnly(1L);
    assertThat(a.leases.nodes()).containsExactly("a");
    pass(Duration.ofSeconds(30), a);
    assertThat(a.owned()).hasSize(Slots.COUNT);
    assertThat(a.told.values()).containsOnly(1L); // renewed, never taken anew
  }

  @Test
  void aSecondNodeGetsItsShareWithLargerFences() {
    Node a = new Node("a");
    Node b = new Node("b");
    await(a.leases.start());
    await(b.leases.start());
    assertThat(b.owned()).isEmpty(); // nothing was given up yet
    pass(Duration.ofSeconds(3), a, b);
    List<String> both = List.of("a", "b");
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      Node owner = Slots.preferred(slot, both).equals("a") ? a : b;
      assertThat(owner.leases.fence(slot)).isEqualTo(owner == a ? 1 : 2);
    }
    assertThat(b.leases.nodes()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void theSlotsOfADeadNodeAreTakenOverOnceItsLeasesRanOut() {
    Node a = new Node("a");
    Node b = new Node("b");
    await(a.leases.start());
    await(b.leases.start());
    pass(Duration.ofSeconds(3), a, b);
    int shareOfB = b.owned().size();
    List<Integer> orphans = a.owned();
    assertThat(orphans).isNotEmpty();
    a.silent = true;
    pass(Duration.ofSeconds(3), b);
    assertThat(b.owned()).hasSize(shareOfB); // the store keeps what was promised to a
    a.time.advance(Duration.ofMillis(4_500)); // more than it trusts a lease
    assertThat(a.owned()).isEmpty();
    pass(Duration.ofSeconds(6), b);
    assertThat(b.owned()).hasSize(Slots.COUNT);
    assertThat(orphans).allMatch(slot -> b.leases.fence(slot) == 2);
    assertThat(b.leases.nodes()).containsExactly("b");
  }

  @Test
  void aNodeStopsBelievingBeforeTheStoreGivesItsSlotsAway() {
    Node a = new Node("a");
    await(a.leases.start());
    a.silent = true;
    a.time.advance(SlotLeases.LEASE.minusSeconds(1).minusNanos(1));
    assertThat(a.owned()).hasSize(Slots.COUNT);
    a.time.advance(Duration.ofNanos(1));
    assertThat(a.owned()).isEmpty();
  }

  @Test
  void aNodeThatSleptHearsThatItLostAllAndTakesThemAnew() {
    Node a = new Node("a");
    await(a.leases.start());
    pass(Duration.ofSeconds(20)); // nobody renews, the node sleeps
    List<Long> before = List.copyOf(a.told.values());
    a.time.advance(Duration.ofSeconds(20));
    settled();
    assertThat(before).containsOnly(1L);
    assertThat(a.told).hasSize(Slots.COUNT);
    assertThat(a.told.values()).containsOnly(2L);
    a.time.advance(SlotLeases.RENEW);
    settled();
    assertThat(a.owned()).hasSize(Slots.COUNT);
  }

  @Test
  void aNodeThatLeavesHandsOverAtOnce() {
    Node a = new Node("a");
    Node b = new Node("b");
    await(a.leases.start());
    await(b.leases.start());
    pass(Duration.ofSeconds(3), a, b);
    await(a.leases.stop());
    assertThat(a.owned()).isEmpty();
    assertThat(a.told).isEmpty();
    pass(SlotLeases.RENEW, b);
    assertThat(b.owned()).hasSize(Slots.COUNT);
    assertThat(a.time.pending()).isZero();
  }

  @Test
  void aNodeThatStopsDuringARoundLeavesNoLeaseBehind() {
    Node a = new Node("a");
    var starting = a.leases.start();
    await(a.leases.stop());
    await(starting);
    assertThat(a.owned()).isEmpty();
    assertThat(a.told).isEmpty();
    Node b = new Node("b");
    await(b.leases.start());
    assertThat(b.owned()).hasSize(Slots.COUNT);
  }

  @Test
  void fencesGrowWithEveryChangeOfOwner() {
    long last = 0;
    for (int i = 0; i < 5; i++) {
      Node n = new Node("n" + i);
      await(n.leases.start());
      assertThat(n.leases.fence(7)).isGreaterThan(last);
      last = n.leases.fence(7);
      await(n.leases.stop());
      assertThat(n.leases.fence(7)).isZero();
    }
    assertThat(redis.send(Command.ZCARD, Keys.NODES).toInteger()).isZero();
  }
}
