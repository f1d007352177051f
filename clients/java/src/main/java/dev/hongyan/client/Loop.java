package dev.hongyan.client;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread on which a client decides everything, with its clock and timers. */
interface Loop extends Executor {

  /** Runs {@code task} on this loop after {@code millis}. */
  Timer after(long millis, Runnable task);

  /** Milliseconds on a clock that never jumps. */
  long elapsedMillis();

  /** Milliseconds since 1970. */
  long wallMillis();

  /** Takes nothing more; what waits is dropped. */
  void close();

  /** A pending task; to be cancelled on the loop. */
  interface Timer {
    Timer NONE = () -> {};

    void cancel();
  }

  /** A loop on a daemon thread of its own. */
  static Loop threaded(String name) {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setRemoveOnCancelPolicy(true);
    return new Loop() {
      @Override
      public void execute(Runnable task) {
        executor.execute(task);
      }

      @Override
      public Timer after(long millis, Runnable task) {
        Future<?> pending = executor.schedule(task, millis, TimeUnit.MILLISECONDS);
        return () -> pending.cancel(false);
      }

      @Override
      public long elapsedMillis() {
        return System.nanoTime() / 1_000_000;
      }

      @Override
      public long wallMillis() {
        return System.currentTimeMillis();
      }

      @Override
      public void close() {
        executor.shutdownNow();
      }
    };
  }
}
