package dev.hongyan.router.destination;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides when a tenant hears of its destination: at 50, 70, 90 and 100 % failures of at least ten
 * attempts, each level once on the way up; when less than a quarter fails again; and when it is
 * given up after 120 h without a success. Pure.
 *
 * <p>The percentage is that of the last five minutes, or of the last ten attempts when these took
 * longer. What must survive a restart is a short text.
 */
final class Alarms {
  private static final int[] LEVELS = {50, 70, 90, 100};
  private static final int ATTEMPTS_MIN = 10;
  private static final int RECOVERED_BELOW_PERCENT = 25;
  private static final long GIVE_UP_MILLIS = Duration.ofHours(120).toMillis();
  private static final String FORM = "1";

  private final Window window = new Window(ATTEMPTS_MIN);
  private int told;
  private int failures;
  private long failingSince;

  /** Starts healthy. */
  Alarms() {}

  /** Goes on where {@link #state} was; starts healthy when that is no such text. */
  static Alarms of(String state) {
    Alarms alarms = new Alarms();
    String[] parts = state.split(":", -1);
    if (parts.length == 4 && parts[0].equals(FORM)) {
      try {
        int told = Integer.parseInt(parts[1]);
        int failures = Integer.parseInt(parts[2]);
        long since = Long.parseLong(parts[3]);
        alarms.told = told;
        alarms.failures = failures;
        alarms.failingSince = since;
      } catch (NumberFormatException e) {
        // Of another version, or damaged: at worst an alarm is told twice.
        return alarms;
      }
    }
    return alarms;
  }

  /** Level told, failures since the last success and the first of them (ms since 1970). */
  String state() {
    return FORM + ":" + told + ":" + failures + ":" + failingSince;
  }

  /**
   * An attempt ended.
   *
   * @param nowMillis never goes back
   * @param wallMillis survives restarts
   */
  List<HealthEvent> ended(boolean ok, long nowMillis, long wallMillis) {
    window.add(ok, nowMillis);
    return ok ? succeeded() : failed(wallMillis);
  }

  private List<HealthEvent> succeeded() {
    failures = 0;
    failingSince = 0;
    if (told > 0
        && window.total() >= ATTEMPTS_MIN
        && window.failedPercent() < RECOVERED_BELOW_PERCENT) {
      told = 0;
      return List.of(new HealthEvent.Recovered());
    }
    return List.of();
  }

  private List<HealthEvent> failed(long wallMillis) {
    if (failures == 0) {
      failingSince = wallMillis;
    }
    failures = Math.min(failures + 1, 1_000_000);
    List<HealthEvent> events = new ArrayList<>(2);
    int level = level();
    if (level > told) {
      told = level;
      events.add(new HealthEvent.Failing(level, failingSince));
    }
    // One failure before and one after a quiet week are no week of failing.
    if (failures >= ATTEMPTS_MIN && wallMillis - failingSince >= GIVE_UP_MILLIS) {
      events.add(new HealthEvent.Disabled("failing"));
      failures = 0;
    }
    return events;
  }

  private int level() {
    int reached = 0;
    if (window.total() >= ATTEMPTS_MIN) {
      int percent = window.failedPercent();
      for (int level : LEVELS) {
        if (percent >= level) {
          reached = level;
        }
      }
    }
    return reached;
  }
}
