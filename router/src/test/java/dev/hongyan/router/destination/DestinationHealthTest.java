package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DestinationHealthTest {
  private static final long START = 1_700_000_000_000L;
  private final ManualTime time = new ManualTime(START);
  private DestinationHealth health = new DestinationHealth(time, new Random(1), "");
  private final List<HealthEvent> told = new ArrayList<>();

  @Test
  void aDestinationThatDiesIsToldOfOnceAndHeldBack() {
    attempts(Outcome.RETRY, 10);

    assertThat(told).containsExactly(new HealthEvent.Failing(100, START));
    assertThat(health.permits()).isFalse();
    assertThat(health.holdsBack()).isTrue();
    assertThat(health.wakesIn()).isBetween(Duration.ofSeconds(24), Duration.ofSeconds(36));
  }

  @Test
  void eachLevelIsToldOnceOnTheWayUp() {
    // The breaker would stop this; alarms are told of what comes through all the same.
    Alarms alarms = new Alarms();
    List<Integer> levels = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      assertThat(alarms.ended(true, 0, START)).isEmpty();
    }
    for (int i = 0; i < 200; i++) {
      for (HealthEvent e : alarms.ended(false, 0, START)) {
        levels.add(((HealthEvent.Failing) e).level());
      }
    }
    assertThat(levels).containsExactly(50, 70, 90);
    for (HealthEvent e : alarms.ended(false, 400_000, START)) {
      levels.add(((HealthEvent.Failing) e).level());
    }
    for (int i = 0; i < 10; i++) {
      for (HealthEvent e : alarms.ended(false, 800_000, START)) {
        levels.add(((HealthEvent.Failing) e).level());
      }
    }
    assertThat(levels).containsExactly(50, 70, 90, 100);
  }

  @Test
  void aDestinationThatComesBackIsToldOfOnce() {
    attempts(Outcome.RETRY, 10);
    told.clear();
    for (int i = 0; i < 100; i++) {
      Duration wait = health.wakesIn();
      time.advance(wait.plusSeconds(5));
      attempts(Outcome.DELIVERED, 1);
    }

    assertThat(told).containsExactly(new HealthEvent.Recovered());
    assertThat(health.holdsBack()).isFalse();
  }

  @Test
  void afterFiveDaysWithoutOneSuccessItIsGivenUp() {
    long since = START;
    while (told.stream().noneMatch(e -> e instanceof HealthEvent.Disabled)) {
      time.advance(health.wakesIn());
      attempts(Outcome.RETRY, 1);
      assertThat(time.wallMillis() - since).isLessThan(Duration.ofHours(121).toMillis());
    }

    assertThat(told.get(told.size() - 1)).isEqualTo(new HealthEvent.Disabled("failing"));
    assertThat(time.wallMillis() - since).isGreaterThanOrEqualTo(Duration.ofHours(120).toMillis());
  }

  @Test
  void whatWasToldAndSinceWhenItFailsSurvivesARestart() {
    attempts(Outcome.RETRY, 10);
    time.advance(Duration.ofHours(119));
    told.clear();
    health = new DestinationHealth(time, new Random(2), health.state());
    assertThat(health.state()).hasSizeLessThan(60);

    attempts(Outcome.RETRY, 9);
    time.advance(Duration.ofHours(1));
    attempts(Outcome.RETRY, 1);
    assertThat(told).containsExactly(new HealthEvent.Disabled("failing"));
  }

  @Test
  void oneFailureBeforeAndOneAfterAQuietWeekAreNoWeekOfFailing() {
    attempts(Outcome.RETRY, 1);
    time.advance(Duration.ofDays(7));
    attempts(Outcome.RETRY, 1);

    assertThat(told).isEmpty();
  }

  @Test
  void aSuccessBetweenStartsTheFiveDaysAnew() {
    attempts(Outcome.RETRY, 9);
    time.advance(Duration.ofHours(100));
    attempts(Outcome.DELIVERED, 1);
    attempts(Outcome.RETRY, 2);
    time.advance(Duration.ofHours(30));
    for (int i = 0; i < 12; i++) {
      time.advance(health.wakesIn());
      attempts(Outcome.RETRY, 1);
    }

    assertThat(told).noneMatch(e -> e instanceof HealthEvent.Disabled);
  }

  @Test
  void goneAndAskedDisableAtOnce() {
    attempts(Outcome.GONE, 1);
    assertThat(told).containsExactly(new HealthEvent.Disabled("gone"));
    told.clear();
    AttemptResult asks =
        new AttemptResult(
            Outcome.DELIVERED, true, 200, "", null, new byte[0], Duration.ofMillis(1));
    told.addAll(health.end(health.begin(), asks));
    assertThat(told).containsExactly(new HealthEvent.Disabled("asked"));
  }

  @Test
  void messagesRefusedForGoodDoNotOpenTheBreakerButAreToldOf() {
    attempts(Outcome.NEVER, 20);

    assertThat(health.permits()).isTrue();
    assertThat(told).containsExactly(new HealthEvent.Failing(100, START));
  }

  @Test
  void eventsSayWhichDestinationAndSinceWhen() {
    HealthEvent failing = new HealthEvent.Failing(70, START);
    assertThat(failing.topic()).isEqualTo("sys.destination.failing");
    assertThat(failing.data("crm").encode())
        .isEqualTo("{\"destination\":\"crm\",\"level\":70,\"since\":\"2023-11-14T22:13:20Z\"}");
    assertThat(new HealthEvent.Recovered().topic()).isEqualTo("sys.destination.recovered");
    assertThat(new HealthEvent.Disabled("gone").topic()).isEqualTo("sys.destination.disabled");
    assertThat(new HealthEvent.Disabled("gone").data("crm").getString("reason")).isEqualTo("gone");
  }

  @Property
  void aDamagedStateIsAFreshStart(@ForAll String state) {
    DestinationHealth any = new DestinationHealth(time, new Random(1), state);
    assertThat(any.permits()).isTrue();
    assertThat(any.state()).startsWith("1:");
  }

  /** Levels only rise until recovery, and a state that is read again is the same state. */
  @Property
  void alarmsRiseUntilTheyAreTakenBack(@ForAll long seed) {
    Random random = new Random(seed);
    Alarms alarms = new Alarms();
    int level = 0;
    long now = 0;
    int sick = 50;
    for (int i = 0; i < 500; i++) {
      if (random.nextInt(50) == 0) {
        sick = random.nextInt(101);
      }
      now += random.nextInt(20_000);
      boolean ok = random.nextInt(100) >= sick;
      for (HealthEvent e : alarms.ended(ok, now, START + now)) {
        if (e instanceof HealthEvent.Failing f) {
          assertThat(f.level()).isGreaterThan(level);
          assertThat(f.sinceMillis()).isBetween(START, START + now);
          assertThat(ok).isFalse();
          level = f.level();
        } else {
          assertThat(e).isInstanceOf(HealthEvent.Recovered.class);
          assertThat(level).isPositive();
          assertThat(ok).isTrue();
          level = 0;
        }
      }
      assertThat(Alarms.of(alarms.state()).state()).isEqualTo(alarms.state());
    }
  }

  private void attempts(Outcome outcome, int times) {
    for (int i = 0; i < times; i++) {
      told.addAll(health.end(health.begin(), Deliveries.result(outcome)));
    }
  }
}
