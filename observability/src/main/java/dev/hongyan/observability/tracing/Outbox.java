package dev.hongyan.observability.tracing;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The spans that wait for a collector, and the thread that sends them a few times a second. Who
 * hands a span in never waits: what does not fit is dropped, what the collector does not take is
 * lost, and both are counted.
 */
final class Outbox {
  /** What may wait; at 250 ms between rounds, enough for 60,000 spans a second. */
  static final int ROOM = 16_384;

  /** Spans in one request. */
  static final int BATCH = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration SAY_EVERY = Duration.ofMinutes(1);

  private final ArrayBlockingQueue<Ended> waiting = new ArrayBlockingQueue<>(ROOM);
  private final List<Ended> batch = new ArrayList<>(BATCH);
  private final Collector collector;
  private final Clock clock;
  private final Runnable eachRound;
  private final Tally sent;
  private final Tally dropped;
  private final Tally lost;
  private final Thread thread = new Thread(this::run, "hongyan-traces");
  private volatile boolean stopping;
  private volatile long stopNanos;
  private long unsaid;
  private long saidNanos;
  private boolean said;

  /**
   * @param eachRound is run on the sending thread before it looks for spans
   */
  Outbox(Collector collector, Metrics metrics, Clock clock, Runnable eachRound) {
    this.collector = collector;
    this.clock = clock;
    this.eachRound = eachRound;
    this.sent = metrics.tally(Series.SPANS, "sent");
    this.dropped = metrics.tally(Series.SPANS, "dropped");
    this.lost = metrics.tally(Series.SPANS, "lost");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** From any thread; never waits. */
  void add(Ended span) {
    if (stopping || !waiting.offer(span)) {
      dropped.add();
    }
  }

  /**
   * Sends what waits and ends the thread; blocks.
   *
   * @param within after this what still waits is given up
   */
  void stop(Duration within) {
    stopNanos = clock.nanos() + within.toNanos();
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(within.toMillis());
      if (thread.isAlive()) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopping) {
      LockSupport.parkNanos(PAUSE.toNanos());
      var unused = round();
    }
    while (!waiting.isEmpty() && clock.nanos() - stopNanos < 0 && round()) {
      // the rest, as long as it is taken
    }
    dropped.add(waiting.size());
    collector.close();
  }

  /** Sends what waits; false when the collector did not take it. */
  boolean round() {
    eachRound.run();
    // A bound, so that a stop is seen while spans keep coming.
    for (int n = 0; n < ROOM / BATCH; n++) {
      waiting.drainTo(batch, BATCH);
      if (batch.isEmpty()) {
        return true;
      }
      String trouble = send();
      int size = batch.size();
      batch.clear();
      if (trouble != null) {
        lost.add(size);
        say(trouble, size);
        return false;
      }
      sent.add(size);
    }
    return true;
  }

  private @Nullable String send() {
    try {
      return collector.take(batch);
    } catch (RuntimeException bug) {
      return bug.toString();
    }
  }

  private void say(String trouble, int size) {
    unsaid += size;
    long now = clock.nanos();
    if (!said || now - saidNanos >= SAY_EVERY.toNanos()) {
      LOG.warn("the collector did not take {} spans: {}", unsaid, trouble);
      said = true;
      saidNanos = now;
      unsaid = 0;
    }
  }
}
