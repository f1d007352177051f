package dev.hongyan.observability.time;

import java.time.Duration;
import java.util.PriorityQueue;

/**
 * Time that stands still until it is moved: the clock and the timers of simulations and tests. Not
 * thread-safe.
 *
 * <p>{@link #advance} runs due tasks in the order of their due time (ties in the order in which
 * they were set), with the clock at each task's due time while it runs.
 */
public final class ManualTime implements Clock, Timers {
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private final long startWallMillis;
  private long nowNanos;
  private long order;

  /** Starts at {@code startWallMillis} on the wall and at zero on the monotonic clock. */
  public ManualTime(long startWallMillis) {
    this.startWallMillis = startWallMillis;
  }

  @Override
  public long wallMillis() {
    return startWallMillis + nowNanos / 1_000_000;
  }

  @Override
  public long nanos() {
    return nowNanos;
  }

  @Override
  public Cancellable after(Duration delay, Runnable task) {
    return add(delay, task, 0);
  }

  @Override
  public Cancellable every(Duration period, Runnable task) {
    return add(period, task, Math.max(period.toNanos(), 1_000_000));
  }

  /** Moves time forward by {@code span} and runs what falls due on the way. */
  public void advance(Duration span) {
    long until = nowNanos + span.toNanos();
    for (Task next = tasks.peek(); next != null && next.dueNanos <= until; next = tasks.peek()) {
      tasks.remove();
      nowNanos = Math.max(nowNanos, next.dueNanos);
      if (next.periodNanos > 0) {
        next.dueNanos += next.periodNanos;
        tasks.add(next);
      }
      next.run.run();
    }
    nowNanos = until;
  }

  /** How many tasks are waiting; a test of a leak asks this. */
  public int pending() {
    return tasks.size();
  }

  private Cancellable add(Duration delay, Runnable task, long periodNanos) {
    Task t = new Task(nowNanos + Math.max(delay.toNanos(), 1_000_000), periodNanos, order++, task);
    tasks.add(t);
    return () -> tasks.remove(t);
  }

  private static final class Task implements Comparable<Task> {
    final long periodNanos;
    final long order;
    final Runnable run;
    long dueNanos;

    Task(long dueNanos, long periodNanos, long order, Runnable run) {
      this.dueNanos = dueNanos;
      this.periodNanos = periodNanos;
      this.order = order;
      this.run = run;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}
