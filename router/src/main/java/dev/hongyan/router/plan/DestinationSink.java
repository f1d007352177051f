package dev.hongyan.router.plan;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.destination.AttemptResult;
import dev.hongyan.router.destination.DestinationClient;
import dev.hongyan.router.destination.DestinationHealth;
import dev.hongyan.router.destination.HealthEvent;
import dev.hongyan.router.destination.RetrySchedule;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Destination;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP destination as the sink of all consumers that lead to it: they share its connections, its
 * breaker and its alarms. For the owner's event loop.
 */
final class DestinationSink implements Sink {
  private final DestinationClient client;
  private final Clock clock;
  private final RandomGenerator random;
  private final Consumer<HealthEvent> told;
  private final Consumer<String> keepState;
  private Destination destination;
  private @Nullable DestinationHealth health;
  private String keptState = "";
  private List<Runnable> waiting = new ArrayList<>();
  private int underWay;
  private boolean switchedOff;

  /**
   * @param told of what the tenant should hear; {@link HealthEvent.Disabled} is to be carried out
   * @param keepState of the health, to come back after a restart
   */
  DestinationSink(
      Destination destination,
      DestinationClient client,
      Clock clock,
      RandomGenerator random,
      Consumer<HealthEvent> told,
      Consumer<String> keepState) {
    this.destination = destination;
    this.client = client;
    this.clock = clock;
    this.random = random;
    this.told = told;
    this.keepState = keepState;
  }

  /** What was kept of its health is here; before that nothing is sent. */
  void begin(String state) {
    if (health == null) {
      health = new DestinationHealth(clock, random, state);
      keptState = state;
      wake();
    }
  }

  /** It is configured like this now. */
  void update(Destination now) {
    if (now != destination) {
      destination = now;
      switchedOff = false;
      wake();
    }
  }

  @Override
  public boolean isOpen(long nowMillis) {
    DestinationHealth h = health;
    return h != null
        && destination.enabled()
        && !switchedOff
        && underWay < destination.concurrency()
        && h.permits();
  }

  @Override
  public long opensAtMillis() {
    DestinationHealth h = health;
    if (h == null || !destination.enabled() || switchedOff) {
      return Long.MAX_VALUE;
    }
    Duration wait = h.wakesIn();
    return wait == null || underWay >= destination.concurrency()
        ? Long.MAX_VALUE
        : clock.wallMillis() + wait.toMillis();
  }

  @Override
  public void awaitChange(Runnable wake) {
    waiting.add(wake);
  }

  @Override
  public Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis) {
    DestinationHealth h = health;
    if (h == null) {
      return Future.succeededFuture(Result.held("not ready"));
    }
    boolean probe = h.begin();
    underWay++;
    Destination to = destination;
    return client
        .send(to, entry, attempt)
        .map(result -> ended(h, to, probe, result, attempt, deadlineMillis));
  }

  private Result ended(
      DestinationHealth h,
      Destination to,
      boolean probe,
      AttemptResult result,
      int attempt,
      long deadlineMillis) {
    underWay--;
    for (HealthEvent event : h.end(probe, result)) {
      if (event instanceof HealthEvent.Disabled) {
        switchedOff = true;
      }
      told.accept(event);
    }
    String state = h.state();
    if (!state.equals(keptState)) {
      keptState = state;
      keepState.accept(state);
    }
    wake();
    long took = result.took().toMillis();
    int status = result.status();
    byte[] answer = result.bodyPrefix();
    return switch (result.outcome()) {
      case DELIVERED -> Result.delivered(status, took, answer);
      case GONE -> Result.held(result.error());
      case NEVER -> Result.dead("refused", result.error(), status, took, answer);
      case RETRY, RETRY_SLOWLY, REFUSED_ADDRESS -> {
        long now = clock.wallMillis();
        RetrySchedule.Next next =
            RetrySchedule.next(to.retry(), attempt, result, now, deadlineMillis, random);
        if (next instanceof RetrySchedule.After after) {
          yield Result.retry(now + after.delay().toMillis(), result.error(), status, took, answer);
        }
        yield next instanceof RetrySchedule.WornOut
            ? Result.dead("worn-out", result.error(), status, took, answer)
            : Result.expired(result.error(), status, took, answer);
      }
    };
  }

  private void wake() {
    if (!waiting.isEmpty()) {
      List<Runnable> now = waiting;
      waiting = new ArrayList<>();
      now.forEach(Runnable::run);
    }
  }
}
