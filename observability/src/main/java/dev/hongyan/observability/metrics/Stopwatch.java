package dev.hongyan.observability.metrics;

import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** One latency histogram with its labels fixed. Hot paths keep it in a field. Thread-safe. */
public final class Stopwatch {
  private final Timer timer;

  Stopwatch(Timer timer) {
    this.timer = timer;
  }

  /** Records a span of {@code nanos}, the difference of two {@code Clock.nanos()}. */
  public void record(long nanos) {
    timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** How many spans were recorded. */
  public long count() {
    return timer.count();
  }
}
