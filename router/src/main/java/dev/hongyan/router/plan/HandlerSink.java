package dev.hongyan.router.plan;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.destination.AttemptResult;
import dev.hongyan.router.destination.DestinationHealth;
import dev.hongyan.router.destination.Outcome;
import dev.hongyan.router.destination.RetrySchedule;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Destination;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A handler as a sink: with a time budget, the retries of a destination, and a breaker of its own.
 * For the owner's event loop.
 */
final class HandlerSink implements Sink {
  private static final Duration BUDGET = Duration.ofSeconds(5);
  private static final byte[] NOTHING = Handler.NOTHING;

  private final Handler handler;
  private final Clock clock;
  private final RandomGenerator random;
  private final DestinationHealth health;
  private List<Runnable> waiting = new ArrayList<>();

  HandlerSink(Handler handler, Clock clock, RandomGenerator random) {
    this.handler = handler;
    this.clock = clock;
    this.random = random;
    this.health = new DestinationHealth(clock, random, "");
  }

  @Override
  public boolean isOpen(long nowMillis) {
    return health.permits();
  }

  @Override
  public long opensAtMillis() {
    Duration wait = health.wakesIn();
    return wait == null ? Long.MAX_VALUE : clock.wallMillis() + wait.toMillis();
  }

  @Override
  public void awaitChange(Runnable wake) {
    waiting.add(wake);
  }

  @Override
  public Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis) {
    boolean probe = health.begin();
    long began = clock.nanos();
    Future<byte[]> work;
    try {
      work = handler.handle(entry).timeout(BUDGET.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException bug) {
      work = Future.failedFuture(bug);
    }
    return work.transform(
        (said, failure) ->
            Future.succeededFuture(
                ended(
                    probe,
                    said,
                    failure,
                    Duration.ofNanos(clock.nanos() - began),
                    attempt,
                    deadlineMillis)));
  }

  private Result ended(
      boolean probe,
      byte @Nullable [] said,
      @Nullable Throwable failure,
      Duration took,
      int attempt,
      long deadlineMillis) {
    String error = failure == null ? "" : failure.getClass().getSimpleName();
    AttemptResult result =
        new AttemptResult(
            failure == null ? Outcome.DELIVERED : Outcome.RETRY,
            false,
            0,
            error,
            null,
            NOTHING,
            took);
    var unused = health.end(probe, result); // a handler has nobody to be told but our own log
    List<Runnable> now = waiting;
    waiting = new ArrayList<>();
    now.forEach(Runnable::run);
    if (failure == null) {
      return Result.delivered(0, took.toMillis(), said == null ? NOTHING : said);
    }
    long wall = clock.wallMillis();
    RetrySchedule.Next next =
        RetrySchedule.next(
            Destination.DEFAULT_RETRY, attempt, result, wall, deadlineMillis, random);
    if (next instanceof RetrySchedule.After after) {
      return Result.retry(wall + after.delay().toMillis(), error, 0, took.toMillis(), NOTHING);
    }
    return next instanceof RetrySchedule.WornOut
        ? Result.dead("worn-out", error, 0, took.toMillis(), NOTHING)
        : Result.expired(error, 0, took.toMillis(), NOTHING);
  }
}
