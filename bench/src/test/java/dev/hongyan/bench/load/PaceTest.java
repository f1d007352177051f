package dev.hongyan.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may go when. */
class PaceTest {
  private final Generator generator = new Generator();

  @AfterEach
  void end() {
    generator.close();
  }

  @Test
  void aPublisherIsHeldBackUntilItsMessagesAreTaken() {
    long[] taken = {70};
    Bound bound = Bound.from(10, 1, 100, () -> taken[0]);

    assertThat(bound.lets(109)).isTrue();
    assertThat(bound.lets(110)).isFalse();
    taken[0] = 71;
    assertThat(bound.lets(110)).isTrue();
    assertThat(bound.lets(111)).isFalse();
  }

  @Test
  void aMessageIsTakenWhenAllOfItsCopiesAre() {
    long[] taken = {0};
    Bound bound = Bound.from(1, 500, 0, () -> taken[0]);

    taken[0] = 499;
    assertThat(bound.lets(1)).isFalse();
    taken[0] = 500;
    assertThat(bound.lets(1)).isTrue();
  }

  @Test
  void theFirstReturnIsWithinASecondAndLaterOnesTakeLongerUpToAMinute() {
    assertThat(Return.AS_THE_SDKS.delayNanos(0, 0.5)).isEqualTo(500_000_000);
    assertThat(Return.AS_THE_SDKS.delayNanos(1, 1)).isEqualTo(1_000_000_000);
    assertThat(Return.AS_THE_SDKS.delayNanos(2, 1)).isEqualTo(1_800_000_000);
    assertThat(Return.AS_THE_SDKS.delayNanos(50, 1)).isEqualTo(60_000_000_000L);
  }

  @Test
  void whoComesBackAtOnceWaitsOnlyAfterAFailure() {
    assertThat(Return.AT_ONCE.delayNanos(0, 0.5)).isZero();
    assertThat(Return.AT_ONCE.delayNanos(1, 0.5)).isPositive().isLessThan(1_000_000_000);
  }

  @Test
  void aBoundedNumberConnectsSideBySideAndTheNextComeAsThoseArrive() {
    List<Integer> connecting = new ArrayList<>();
    Arrivals<Integer> arrivals = new Arrivals<>(generator, connecting::add);
    List<Integer> all = IntStream.range(0, 200).boxed().toList();

    arrivals.add(all);
    assertThat(connecting).hasSize(128);
    all.subList(0, 100).forEach(arrivals::arrived);
    assertThat(connecting).containsExactlyElementsOf(all);
  }

  @Test
  void whoIsCutComesBackOnlyWhenThatIsWanted() {
    List<Integer> connecting = new ArrayList<>();
    Arrivals<Integer> arrivals = new Arrivals<>(generator, connecting::add);
    arrivals.add(List.of(1));
    arrivals.arrived(1);

    assertThat(arrivals.lost(1)).isFalse();
    assertThat(connecting).containsExactly(1);
    arrivals.comeBack(Return.AT_ONCE);
    assertThat(arrivals.lost(1)).isTrue();
    assertThat(connecting).containsExactly(1, 1);
  }

  @Test
  void whoFailsOnItsWayBackTriesAgain() throws Exception {
    List<Integer> connecting = new ArrayList<>();
    Arrivals<Integer> arrivals = new Arrivals<>(generator, connecting::add);
    generator.run(
        () -> {
          arrivals.comeBack(Return.AT_ONCE);
          boolean once = arrivals.lost(1);
          boolean twice = arrivals.lost(1);
          assertThat(once && twice).isTrue();
        });

    assertThat(generator.await(Duration.ofSeconds(20), () -> connecting.equals(List.of(1, 1))))
        .isTrue();
  }

  @Test
  void aNumberCountsOnceWhoeverGotIt() {
    Taken taken = new Taken();

    assertThat(taken.add(3)).isTrue();
    assertThat(taken.add(3)).isFalse();
    assertThat(taken.add(0)).isTrue();
    assertThat(taken.count()).isEqualTo(2);
  }
}
