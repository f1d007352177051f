package dev.hongyan.client;

import java.util.HashSet;
import java.util.Set;

/** What is to be done after a while, and not at all once it was cancelled. Lives on the loop. */
final class Later {
  private final Loop loop;
  private final Set<Loop.Timer> timers = new HashSet<>();

  Later(Loop loop) {
    this.loop = loop;
  }

  void run(long millis, Runnable task) {
    Loop.Timer[] own = new Loop.Timer[1];
    own[0] =
        loop.after(
            millis,
            () -> {
              timers.remove(own[0]);
              task.run();
            });
    timers.add(own[0]);
  }

  void cancel() {
    timers.forEach(Loop.Timer::cancel);
    timers.clear();
  }
}
