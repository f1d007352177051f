package dev.hongyan.router.destination;

import dev.hongyan.observability.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How one destination does: its breaker and its alarms, shared by all routes that lead to it. For
 * one thread.
 *
 * <p>Every {@link #begin} is followed by one {@link #end} or {@link #abandon}. After these, and
 * when {@link #wakesIn} has passed, whoever was held back asks again.
 */
public final class DestinationHealth {
  private final Clock clock;
  private final Breaker breaker;
  private final Alarms alarms;

  /**
   * @param state what {@link #state} gave, or an empty text
   */
  public DestinationHealth(Clock clock, RandomGenerator random, String state) {
    this.clock = clock;
    this.breaker = new Breaker(random);
    this.alarms = Alarms.of(state);
  }

  /** Whether an attempt may begin now. One held back burns nothing. */
  public boolean permits() {
    return breaker.permits(now());
  }

  /**
   * Begins an attempt, which {@link #permits} allowed; gives what its end is told with.
   *
   * @return true for a probe
   */
  public boolean begin() {
    return breaker.began(now());
  }

  /**
   * An attempt ended.
   *
   * @param probe what {@link #begin} gave
   * @return what the tenant is to be told, in order; mostly nothing. {@link HealthEvent.Disabled}
   *     asks to be carried out too
   */
  public List<HealthEvent> end(boolean probe, AttemptResult result) {
    // Who says "never send me this again" is up and well, though the message is not delivered.
    boolean up = result.delivered() || result.outcome() == Outcome.NEVER;
    long now = now();
    breaker.ended(probe, up, now);
    List<HealthEvent> events = alarms.ended(result.delivered(), now, clock.wallMillis());
    String disabled = result.outcome() == Outcome.GONE ? "gone" : result.disable() ? "asked" : null;
    if (disabled == null) {
      return events;
    }
    List<HealthEvent> all = new ArrayList<>(events);
    all.removeIf(e -> e instanceof HealthEvent.Disabled);
    all.add(new HealthEvent.Disabled(disabled));
    return all;
  }

  /** An attempt that began was not made after all. */
  public void abandon(boolean probe) {
    breaker.abandoned(probe);
  }

  /**
   * How long to wait before asking {@link #permits} again: zero when it is permitted now, null when
   * the end of a probe is waited for.
   */
  public @Nullable Duration wakesIn() {
    long at = breaker.wakeAt();
    if (at == Long.MAX_VALUE) {
      return null;
    }
    long now = now();
    return at <= now ? Duration.ZERO : Duration.ofMillis(at - now);
  }

  /** Whether requests are held back at present, for gauges and the admin API. */
  public boolean holdsBack() {
    return breaker.state() != Breaker.State.CLOSED;
  }

  /** What must survive a restart, under 60 ASCII characters. */
  public String state() {
    return alarms.state();
  }

  private long now() {
    return Math.floorDiv(clock.nanos(), 1_000_000);
  }
}
