package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class WindowTest {
  private record Seen(long at, boolean ok) {}

  @Property
  void itCountsWhatIsYoungerThanFiveMinutesAndNothingMuchOlder(
      @ForAll @Size(max = 200) List<@IntRange(max = 60_000) Integer> gaps, @ForAll long seed) {
    Window window = new Window(0);
    List<Seen> all = new ArrayList<>();
    java.util.Random random = new java.util.Random(seed);
    long now = 0;
    for (int gap : gaps) {
      now += gap;
      boolean ok = random.nextBoolean();
      window.add(ok, now);
      all.add(new Seen(now, ok));
      long at = now;
      // Slots of ten seconds: the edge is between 290 s and 300 s ago.
      long surely = all.stream().filter(s -> s.at() > at - 290_000).count();
      long possibly = all.stream().filter(s -> s.at() > at - 300_000).count();
      assertThat((long) window.total()).isBetween(surely, possibly);
    }
  }

  @Property
  void theLastTenAreHeldHoweverOldTheyAre(
      @ForAll @Size(max = 60) List<@IntRange(max = 3_600_000) Integer> gaps) {
    Window window = new Window(10);
    long now = 0;
    int count = 0;
    for (int gap : gaps) {
      now += gap;
      window.add(false, now);
      count++;
      assertThat(window.total()).isBetween(Math.min(10, count), count);
      assertThat(window.failedPercent()).isEqualTo(100);
    }
  }

  @Test
  void aHundredPercentMeansAll() {
    Window window = new Window(0);
    for (int i = 0; i < 999; i++) {
      window.add(false, i);
    }
    window.add(true, 1_000);
    assertThat(window.failedPercent()).isEqualTo(99);
  }
}
