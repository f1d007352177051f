package dev.hongyan.client;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A real thread whose time stands still until it is moved. */
final class ManualLoop implements Loop {
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread made = new Thread(task, "manual-loop");
            made.setDaemon(true);
            return made;
          },
          new ThreadPoolExecutor.DiscardPolicy());
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private volatile long now = 1_795_000_000_000L;
  private long order;

  private record Task(long at, long order, Runnable run) {}

  @Override
  public void execute(Runnable task) {
    thread.execute(task);
  }

  @Override
  public Timer after(long millis, Runnable run) {
    Task task = new Task(now + Math.max(0, millis), order++, run);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  @Override
  public long elapsedMillis() {
    return now;
  }

  @Override
  public long wallMillis() {
    return now;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** Runs what falls due within so long, in order, and returns when that has run. */
  void advance(long millis) {
    CountDownLatch done = new CountDownLatch(1);
    execute(
        () -> {
          long end = now + millis;
          for (Task next = tasks.peek(); next != null && next.at() <= end; next = tasks.peek()) {
            tasks.remove();
            now = Math.max(now, next.at());
            next.run().run();
          }
          now = end;
          done.countDown();
        });
    try {
      if (!done.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("the loop is stuck");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
