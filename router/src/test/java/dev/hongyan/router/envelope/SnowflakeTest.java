package dev.hongyan.router.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.Clock;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SnowflakeTest {
  private static final long START = 1_800_000_000_000L;

  /** A wall clock that a test sets. */
  private static final class Wall implements Clock {
    volatile long now = START;

    @Override
    public long wallMillis() {
      return now;
    }

    @Override
    public long nanos() {
      throw new AssertionError("ids have nothing to do with this clock");
    }
  }

  private final Wall wall = new Wall();

  @Test
  void idsGrowWhateverTheClockDoes() {
    Snowflake ids = new Snowflake(wall, 1023);
    SplittableRandom random = new SplittableRandom(1);
    long last = 0;
    for (int i = 0; i < 200_000; i++) {
      if (random.nextInt(100) == 0) {
        wall.now = START + random.nextInt(-5_000, 5_000);
      }
      long id = ids.next();
      assertThat(id).isGreaterThan(last);
      assertThat(id >>> 12 & 1023).isEqualTo(1023);
      last = id;
    }
  }

  @Test
  void theTimeOfAnIdIsWhenItWasDrawn() {
    Snowflake ids = new Snowflake(wall, 5);
    for (int i = 0; i < 4096; i++) {
      assertThat(Snowflake.millisOf(ids.next())).isEqualTo(START);
    }
    assertThat(Snowflake.millisOf(ids.next())).isEqualTo(START + 1); // borrowed from the future
    wall.now = START + 10;
    assertThat(Snowflake.millisOf(ids.next())).isEqualTo(START + 10);
  }

  @Test
  void idsArePositiveFromTheFirstDayToTheLast() {
    wall.now = 0;
    assertThat(new Snowflake(wall, 0).next()).isPositive();
    wall.now = 4_000_000_000_000L - 231_000_000_000L; // in 2089
    assertThat(new Snowflake(wall, 1023).next()).isPositive();
  }

  @Test
  void manyThreadsNeverDrawTheSame() throws Exception {
    Snowflake ids = new Snowflake(wall, 3);
    int threads = 8;
    int each = 50_000;
    long[] all = new long[threads * each];
    CountDownLatch go = new CountDownLatch(1);
    Thread[] drawing = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      int from = t * each;
      drawing[t] =
          new Thread(
              () -> {
                try {
                  go.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                for (int i = 0; i < each; i++) {
                  all[from + i] = ids.next();
                }
              });
      drawing[t].start();
    }
    go.countDown();
    for (Thread t : drawing) {
      t.join();
    }
    assertThat(Arrays.stream(all).distinct().count()).isEqualTo(all.length);
  }

  @Test
  void twoNodesNeverDrawTheSame() {
    Snowflake a = new Snowflake(wall, 0);
    Snowflake b = new Snowflake(wall, 1);
    for (int i = 0; i < 10_000; i++) {
      assertThat(a.next()).isNotEqualTo(b.next());
    }
  }

  @Test
  void aNodeNumberOutOfRangeIsRefused() {
    assertThatThrownBy(() -> new Snowflake(wall, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Snowflake(wall, 1024))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
