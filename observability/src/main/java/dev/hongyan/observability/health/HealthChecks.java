package dev.hongyan.observability.health;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The components of this node that can be unwell, each with a check that gets one second.
 *
 * <p>A component is never asked twice at the same time: who asks meanwhile shares the answer, and a
 * check that hangs is asked again after ten seconds at the earliest. Components are registered from
 * any thread; {@link #report()} is called on one context (the management verticle's).
 */
public final class HealthChecks {
  static final Duration TIMEOUT = Duration.ofSeconds(1);
  static final Duration GIVE_UP = Duration.ofSeconds(10);

  private final Map<Integer, Check> checks = new ConcurrentSkipListMap<>();
  private final AtomicInteger order = new AtomicInteger();
  private final Clock clock;
  private final Timers timers;

  public HealthChecks(Clock clock, Timers timers) {
    this.clock = clock;
    this.timers = timers;
  }

  /** Without this component the node cannot do its work: when it is down, so is the node. */
  public void essential(String component, Supplier<Future<Status>> check) {
    checks.put(order.getAndIncrement(), new Check(component, true, check));
  }

  /** Without this component the node works on, and is degraded. */
  public void helpful(String component, Supplier<Future<Status>> check) {
    checks.put(order.getAndIncrement(), new Check(component, false, check));
  }

  /**
   * Asks every component at once; the answer comes after a second at the latest and never fails.
   */
  public Future<Report> report() {
    List<Check> asked = new ArrayList<>(checks.values());
    List<Future<Report.Component>> answers = asked.stream().map(Check::ask).toList();
    return Future.join(answers)
        .map(
            all -> {
              Status.State worst = Status.State.UP;
              Map<String, Report.Component> components = new LinkedHashMap<>();
              for (int i = 0; i < asked.size(); i++) {
                Report.Component component = answers.get(i).result();
                components.put(asked.get(i).name, component);
                worst = worst.worse(asked.get(i).weigh(component.status().state()));
              }
              return new Report(worst, components);
            });
  }

  private final class Check {
    final String name;
    final boolean essential;
    final Supplier<Future<Status>> check;
    @Nullable Future<Report.Component> shared;
    boolean hanging;
    long askedAt;

    Check(String name, boolean essential, Supplier<Future<Status>> check) {
      this.name = name;
      this.essential = essential;
      this.check = check;
    }

    Status.State weigh(Status.State state) {
      return !essential && state == Status.State.DOWN ? Status.State.DEGRADED : state;
    }

    Future<Report.Component> ask() {
      if (shared != null && !shared.isComplete()) {
        return shared;
      }
      long now = clock.nanos();
      if (hanging && now - askedAt < GIVE_UP.toNanos()) {
        Status status = Status.down("still no answer");
        return Future.succeededFuture(new Report.Component(status, (now - askedAt) / 1e6));
      }
      askedAt = now;
      hanging = true;
      Promise<Report.Component> answer = Promise.promise();
      shared = answer.future();
      Timers.Cancellable timeout =
          timers.after(TIMEOUT, () -> finish(answer, now, Status.down("no answer within 1 s")));
      start()
          .onComplete(
              result -> {
                timeout.cancel();
                if (askedAt == now) {
                  hanging = false;
                }
                finish(
                    answer,
                    now,
                    result.succeeded() ? result.result() : Status.down(reason(result.cause())));
              });
      return answer.future();
    }

    private Future<Status> start() {
      try {
        return check.get();
      } catch (RuntimeException e) {
        return Future.failedFuture(e);
      }
    }

    private void finish(Promise<Report.Component> answer, long since, Status status) {
      // Whoever comes second, the answer or the timeout, is ignored.
      boolean ignored =
          answer.tryComplete(new Report.Component(status, (clock.nanos() - since) / 1e6));
    }
  }

  private static String reason(@Nullable Throwable failure) {
    if (failure == null) {
      return "failed";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
