package dev.hongyan.observability.time;

import io.vertx.core.Vertx;
import java.time.Duration;

/** Timers of the current Vert.x context: tasks run on the event loop that set them. */
public final class VertxTimers implements Timers {
  private final Vertx vertx;

  public VertxTimers(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public Cancellable after(Duration delay, Runnable task) {
    long id = vertx.setTimer(Math.max(1, delay.toMillis()), ignored -> task.run());
    return () -> vertx.cancelTimer(id);
  }

  @Override
  public Cancellable every(Duration period, Runnable task) {
    long id = vertx.setPeriodic(Math.max(1, period.toMillis()), ignored -> task.run());
    return () -> vertx.cancelTimer(id);
  }
}
