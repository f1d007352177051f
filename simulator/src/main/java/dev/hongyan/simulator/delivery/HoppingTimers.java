package dev.hongyan.simulator.delivery;

import dev.hongyan.observability.time.Timers;
import io.vertx.core.Context;
import java.time.Duration;

/** Timers whose tasks run on one event loop, whoever moves the time. */
final class HoppingTimers implements Timers {
  private final Timers timers;
  private final Context context;

  HoppingTimers(Timers timers, Context context) {
    this.timers = timers;
    this.context = context;
  }

  @Override
  public Cancellable after(Duration delay, Runnable task) {
    return timers.after(delay, () -> hop(task));
  }

  @Override
  public Cancellable every(Duration period, Runnable task) {
    return timers.every(period, () -> hop(task));
  }

  private void hop(Runnable task) {
    context.runOnContext(ignored -> task.run());
  }
}
