package dev.hongyan.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Many receivers that come, and come back as {@link Return} says. For the generator's loop but for
 * the methods that wait.
 */
public final class Crowd implements Flock, Receiver.Watcher {
  private final Generator generator;
  private final Seen seen;
  private final List<Receiver> receivers = new ArrayList<>();
  private final Arrivals<Receiver> arrivals;
  private final Map<String, Long> verdicts = new TreeMap<>();
  private Histogram recovery = new Histogram(600_000_000_000L, 3);
  private int caughtUp;
  private long cutNanos = -1;

  public Crowd(
      Generator generator,
      Seen seen,
      Receiver.Target target,
      String prefix,
      int count,
      Receiver.Kind kind) {
    this.generator = generator;
    this.seen = seen;
    this.arrivals = new Arrivals<>(generator, Receiver::connect);
    for (int i = 0; i < count; i++) {
      receivers.add(new Receiver(generator, seen, target, prefix + i, kind, this));
    }
  }

  public List<Receiver> receivers() {
    return receivers;
  }

  @Override
  public void connectAll(Duration within) throws InterruptedException {
    generator.run(() -> arrivals.add(receivers));
    if (!generator.await(within, this::isAllCaughtUp)) {
      throw new IllegalStateException(
          caughtUp + " of " + receivers.size() + " came in; " + seen.errors());
    }
  }

  public boolean isAllCaughtUp() {
    return caughtUp == receivers.size();
  }

  @Override
  public int size() {
    return receivers.size();
  }

  @Override
  public int back() {
    return caughtUp;
  }

  @Override
  public void comeBack(@Nullable Return how) {
    arrivals.comeBack(how);
  }

  /** Marks the moment from which recovery is counted. */
  public void markCut() {
    recovery = new Histogram(600_000_000_000L, 3);
    verdicts.clear();
    cutNanos = generator.now();
  }

  @Override
  public void cutAll() {
    markCut();
    receivers.forEach(Receiver::cut);
  }

  @Override
  public Histogram recovery() {
    return recovery;
  }

  /** What the server said to resuming ones. */
  public Map<String, Long> verdicts() {
    return verdicts;
  }

  /** The next message for all is the one with this number. */
  public void expect(long number) {
    receivers.forEach(r -> r.expectAfter(number - 1));
  }

  /** Waits until all have the message {@code number}; gives how many messages did not come. */
  public long awaitAll(long number, Duration within) throws InterruptedException {
    boolean unused = generator.await(within, () -> behind(number) == 0);
    return generator.call(() -> behind(number));
  }

  /**
   * Waits until the publisher has an answer for everything and all have what was confirmed; gives
   * how many messages did not come. Stop it first.
   */
  public long awaitConfirmed(Publisher publisher, Duration within) throws InterruptedException {
    if (!generator.await(within, publisher::isAllConfirmed)) {
      seen.error("no answer to a publish");
    }
    return awaitAll(generator.call(publisher::newestConfirmed), within);
  }

  private long behind(long number) {
    long sum = 0;
    for (Receiver r : receivers) {
      sum += Math.max(0, number - r.lastNumber());
    }
    return sum;
  }

  @Override
  public void end() {
    arrivals.end();
    receivers.forEach(Receiver::cut);
  }

  @Override
  public void attached(Receiver receiver, String verdict) {
    if (cutNanos >= 0) {
      verdicts.merge(verdict, 1L, Long::sum);
    }
  }

  @Override
  public void caughtUp(Receiver receiver) {
    caughtUp++;
    if (cutNanos >= 0) {
      recovery.recordValue(generator.now() - cutNanos);
    }
    arrivals.arrived(receiver);
  }

  @Override
  public void lost(Receiver receiver, int code, String reason, boolean wasCaughtUp) {
    if (wasCaughtUp) {
      caughtUp--;
    }
    if (!arrivals.lost(receiver) && !wasCaughtUp && code != 1006) {
      seen.error("lost " + code + ' ' + reason);
    }
  }
}
