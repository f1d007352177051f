package dev.hongyan.tenant.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.quota.Bucket.Ask;
import dev.hongyan.tenant.quota.Bucket.Grant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several nodes, one budget, calls at random times and very unevenly spread, answers that take
 * random times to come: what the nodes let through together, beside what one bucket would have let
 * through of the same calls. Everything follows from the seed.
 */
class ShareSimulationTest {
  private static final long MICROS = 1_000_000;

  /** Something that happens. */
  private record Event(long atMicros, long order, Runnable what) {}

  private static final class World {
    final SplittableRandom random;
    final Limit limit;
    final Bucket store;
    final Bucket exact;
    final List<Share> nodes = new ArrayList<>();
    final PriorityQueue<Event> events =
        new PriorityQueue<>(
            Comparator.comparingLong(Event::atMicros).thenComparingLong(Event::order));
    long now;
    long order;
    long passed;
    long exactPassed;
    boolean storeAway;

    World(long seed, Limit limit, int nodes) {
      this.random = new SplittableRandom(seed);
      this.limit = limit;
      this.store = new Bucket(limit.ratePerSecond(), limit.capacity(), 0);
      this.exact = new Bucket(limit.ratePerSecond(), limit.capacity(), 0);
      for (int i = 0; i < nodes; i++) {
        Share share = new Share(limit, false, 0);
        this.nodes.add(share);
        long phase = random.nextLong(20_000);
        at(phase, () -> round(share));
      }
    }

    void at(long micros, Runnable what) {
      events.add(new Event(micros, order++, what));
    }

    void round(Share share) {
      at(now + 20_000, () -> round(share));
      Ask ask = share.ask(nodes.size(), now * 1000);
      if (ask == null) {
        return;
      }
      at(
          now + 200 + random.nextLong(5_000),
          () -> {
            if (storeAway) {
              share.failed(nodes.size(), now * 1000);
              return;
            }
            Grant grant = store.ask(ask, now);
            at(now + 200 + random.nextLong(5_000), () -> share.answered(grant, now * 1000));
          });
    }

    /** Calls to one node, at random times, so many a second. */
    void calls(int node, double perSecond, long fromMicros, long toMicros) {
      long gap = (long) (-Math.log(1 - random.nextDouble()) / perSecond * MICROS);
      long next = fromMicros + Math.max(1, gap);
      if (next < toMicros) {
        at(
            next,
            () -> {
              var unused = call(node, Share.NORMAL);
              calls(node, perSecond, next, toMicros);
            });
      }
    }

    boolean call(int node, int priority) {
      boolean passes = nodes.get(node).take(priority, 1, nodes.size(), now * 1000).passes();
      passed += passes ? 1 : 0;
      exactPassed += exact.take(1, now) ? 1 : 0;
      return passes;
    }

    void runUntil(long micros) {
      while (!events.isEmpty() && events.peek().atMicros() < micros) {
        Event next = events.remove();
        now = next.atMicros();
        next.what().run();
      }
      now = micros;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void underLoadNodesTogetherLetThroughWhatOneBucketWould(int nodes) {
    for (long seed = 1; seed <= 40; seed++) {
      SplittableRandom random = new SplittableRandom(seed * 31 + nodes);
      double rate = 50 * Math.pow(10, random.nextDouble() * 2); // 50 to 5,000 a second
      long burst = (long) Math.ceil(rate * (0.2 + random.nextDouble() * 2));
      World world = new World(seed, new Limit("publish", rate, burst, null), nodes);
      double load = rate * (1.2 + random.nextDouble() * 3);
      double left = load;
      for (int node = 0; node < nodes; node++) {
        // Most of it at the first nodes, and some that get next to nothing.
        double part = node == nodes - 1 ? left : left * random.nextDouble();
        left -= part;
        world.calls(node, Math.max(0.1, part), 0, 20 * MICROS);
      }
      world.runUntil(20 * MICROS);
      assertThat((double) world.passed)
          .as("seed %d, %d nodes, %.0f a second, burst %d", seed, nodes, rate, burst)
          .isBetween(world.exactPassed * 0.98, world.exactPassed * 1.02);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void demandThatMovesFromNodeToNodeIsFollowed(int nodes) {
    for (long seed = 1; seed <= 40; seed++) {
      World world = new World(seed, new Limit("publish", 1_000, 1_000, null), nodes);
      for (int second = 0; second < 20; second++) {
        int hot = world.random.nextInt(nodes);
        world.calls(hot, 3_000, second * MICROS, (second + 1) * MICROS);
      }
      world.runUntil(20 * MICROS);
      assertThat((double) world.passed)
          .as("seed %d, %d nodes", seed, nodes)
          .isBetween(world.exactPassed * 0.98, world.exactPassed * 1.02);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void belowTheLimitHardlyAnyCallIsRefused(int nodes) {
    for (long seed = 1; seed <= 20; seed++) {
      World world = new World(seed, new Limit("publish", 1_000, 1_000, null), nodes);
      long[] calls = {0};
      for (int node = 0; node < nodes; node++) {
        world.calls(node, 700.0 / nodes, 0, 10 * MICROS);
      }
      world.runUntil(10 * MICROS);
      calls[0] = world.exactPassed; // one bucket refuses none of these
      assertThat((double) world.passed)
          .as("seed %d", seed)
          .isBetween(calls[0] * 0.99, calls[0] + 0.5);
    }
  }

  @Test
  void oneNodeAloneGetsItsWholeBurstAtOnce() {
    World world = new World(1, new Limit("publish", 100, 250, null), 1);
    for (int i = 0; i < 400; i++) {
      boolean passes = world.call(0, Share.NORMAL);
      assertThat(passes).as("call %d", i).isEqualTo(i < 250);
    }
  }

  @Test
  void whenItGetsShortTheLowClassesStopFirstAndTheHighOnesGoOn() {
    for (long seed = 1; seed <= 20; seed++) {
      World world = new World(seed, new Limit("publish", 500, 500, null), 2);
      long[] passed = new long[10];
      long[] asked = new long[10];
      every(world, 2_000, () -> count(world, 2, passed, asked)); // 500 a second
      every(world, 1_000, () -> count(world, 5, passed, asked)); // 1,000 a second
      every(world, 10_000, () -> count(world, 9, passed, asked)); // 100 a second
      world.runUntil(10 * MICROS);
      assertThat(passed[9]).as("seed %d", seed).isGreaterThan(asked[9] * 98 / 100);
      assertThat(passed[2]).isLessThan(asked[2] / 10);
      assertThat(passed[5]).isBetween(asked[5] * 35 / 100, asked[5] * 60 / 100);
    }
  }

  private static void every(World world, long micros, Runnable what) {
    world.at(
        world.now + micros,
        () -> {
          what.run();
          every(world, micros, what);
        });
  }

  private static void count(World world, int priority, long[] passed, long[] asked) {
    asked[priority]++;
    passed[priority] += world.call(world.random.nextInt(2), priority) ? 1 : 0;
  }

  @Test
  void withTheStoreAwayEachNodeGoesOnWithWhatItUsed() {
    World world = new World(7, new Limit("wxapi", 1_000, 1_000, null), 4);
    world.calls(0, 2_000, 0, 20 * MICROS);
    world.calls(1, 400, 0, 20 * MICROS);
    world.runUntil(10 * MICROS);
    world.storeAway = true;
    long before = world.passed;
    world.runUntil(20 * MICROS);
    long away = world.passed - before;
    // Not stopped, and not without bound: each one at most at the whole rate.
    assertThat(away).isBetween(8_000L, 4 * 11_000L);
    world.storeAway = false;
    world.calls(0, 3_000, 20 * MICROS, 40 * MICROS);
    world.runUntil(24 * MICROS);
    before = world.passed;
    world.runUntil(40 * MICROS);
    assertThat(world.passed - before).isBetween(15_500L, 16_500L);
  }

  @Test
  void anotherLimitCountsAtOnce() {
    World world = new World(3, new Limit("publish", 1_000, 1_000, null), 1);
    world.calls(0, 3_000, 0, 20 * MICROS);
    world.runUntil(5 * MICROS);
    Share node = world.nodes.get(0);
    node.limit(new Limit("publish", 10, 10, null), world.now * 1000);
    // The budget in the store is asked with the new rate as well; here there is none to ask.
    world.storeAway = true;
    world.runUntil(6 * MICROS);
    long before = world.passed;
    world.runUntil(16 * MICROS);
    assertThat(world.passed - before).isBetween(90L, 110L);
  }

  @Test
  void tokensThatNobodyUsesGoBack() {
    World world = new World(5, new Limit("publish", 1_000, 1_000, null), 2);
    world.calls(0, 800, 0, 2 * MICROS);
    world.runUntil(6 * MICROS);
    Share idle = world.nodes.get(0);
    assertThat(idle.unlist(world.now * 1000)).isTrue();
    assertThat(world.store.ask(new Ask(0, 0, 0), world.now).level()).isEqualTo(1_000);
  }
}
