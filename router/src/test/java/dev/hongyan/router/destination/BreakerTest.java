package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private final Breaker breaker = new Breaker(new Random(1));
  private long now = 1_000_000;

  @Test
  void nineFailuresLeaveItClosedTheTenthOpensIt() {
    fail(9);
    assertThat(breaker.permits(now)).isTrue();
    fail(1);
    assertThat(breaker.permits(now)).isFalse();
    assertThat(breaker.wakeAt() - now).isBetween(24_000L, 36_000L);
  }

  @Test
  void itOpensAtSeventyPercentAndNotBelow() {
    for (int i = 0; i < 100; i++) {
      succeed(1);
      fail(2);
      assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
    }
    Breaker other = new Breaker(new Random(1));
    for (int i = 0; i < 3; i++) {
      other.ended(other.began(now), true, now);
    }
    for (int i = 0; i < 7; i++) {
      assertThat(other.permits(now)).isTrue();
      other.ended(other.began(now), false, now);
    }
    assertThat(other.permits(now)).isFalse();
  }

  @Test
  void failuresOfMoreThanFiveMinutesAgoAreForgotten() {
    fail(9);
    now += 310_000;
    fail(9);
    assertThat(breaker.permits(now)).isTrue();
  }

  @Test
  void afterItsTimeItLetsOneProbeThroughAtATimeAndClosesAfterThree() {
    fail(10);
    now = breaker.wakeAt();
    for (int i = 0; i < 3; i++) {
      assertThat(breaker.permits(now)).isTrue();
      assertThat(breaker.began(now)).isTrue();
      assertThat(breaker.permits(now)).isFalse();
      assertThat(breaker.wakeAt()).isEqualTo(Long.MAX_VALUE);
      assertThatThrownBy(() -> breaker.began(now)).isInstanceOf(IllegalStateException.class);
      breaker.ended(true, true, now);
    }
    assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
    fail(9);
    assertThat(breaker.permits(now)).isTrue();
  }

  @Test
  void everyProbeThatFailsDoublesTheWaitUpToTenMinutes() {
    fail(10);
    long[] about = {60_000, 120_000, 240_000, 480_000, 600_000, 600_000};
    for (long expected : about) {
      now = breaker.wakeAt();
      breaker.ended(breaker.began(now), false, now);
      assertThat(breaker.wakeAt() - now).isBetween(expected * 8 / 10, expected * 12 / 10);
    }
  }

  @Test
  void aProbeThatWasNotSentGivesItsTurnBack() {
    fail(10);
    now = breaker.wakeAt();
    breaker.abandoned(breaker.began(now));
    assertThat(breaker.permits(now)).isTrue();
  }

  @Test
  void requestsThatBeganBeforeItOpenedChangeNothing() {
    for (int i = 0; i < 50; i++) {
      assertThat(breaker.began(now)).isFalse();
    }
    for (int i = 0; i < 10; i++) {
      breaker.ended(false, false, now);
    }
    long wake = breaker.wakeAt();
    for (int i = 0; i < 40; i++) {
      breaker.ended(false, i % 2 == 0, now);
    }
    assertThat(breaker.wakeAt()).isEqualTo(wake);
    assertThat(breaker.state()).isEqualTo(Breaker.State.OPEN);
  }

  /** Random requests, ends and waits: what must hold at every step. */
  @Property
  void itNeitherFloodsNorForgetsADestination(@ForAll long seed) {
    Random random = new Random(seed);
    Breaker b = new Breaker(new Random(seed));
    ArrayDeque<Boolean> underWay = new ArrayDeque<>();
    long t = 0;
    int sick = random.nextInt(101);
    for (int step = 0; step < 400; step++) {
      switch (random.nextInt(4)) {
        case 0 -> t += random.nextInt(120_000);
        case 1 -> {
          if (b.permits(t)) {
            underWay.add(b.began(t));
          }
        }
        case 2 -> {
          if (!underWay.isEmpty()) {
            b.ended(underWay.remove(), random.nextInt(100) >= sick, t);
          }
        }
        default -> {
          if (!underWay.isEmpty()) {
            b.abandoned(underWay.removeLast());
          }
        }
      }
      long probes = underWay.stream().filter(p -> p).count();
      assertThat(probes).as("probes under way").isLessThanOrEqualTo(1);
      assertThat(b.state() == Breaker.State.HALF_OPEN || probes == 0).isTrue();
      assertThat(b.permits(t)).isEqualTo(b.wakeAt() <= t);
      // Never stuck: either a moment is known, or a probe is under way whose end will tell.
      assertThat(b.wakeAt() < t + 720_001 || probes == 1).isTrue();
    }
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.ended(breaker.began(now), false, now);
    }
  }

  private void succeed(int times) {
    for (int i = 0; i < times; i++) {
      breaker.ended(breaker.began(now), true, now);
    }
  }
}
