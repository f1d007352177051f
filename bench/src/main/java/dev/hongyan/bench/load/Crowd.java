package dev.hongyan.bench.load;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Many receivers that come, and come back: first after a random part of a second, then with 1 s ×
 * 1.8 up to 60 s of full jitter, as the SDKs do. For the generator's loop but for the methods that
 * wait.
 */
public final class Crowd implements Receiver.Watcher {
  private static final int AT_ONCE = 128;
  private static final double FIRST_SECONDS = 1;
  private static final double GROWTH = 1.8;
  private static final double MOST_SECONDS = 60;

  private final Generator generator;
  private final Seen seen;
  private final List<Receiver> receivers = new ArrayList<>();
  private final ArrayDeque<Receiver> toConnect = new ArrayDeque<>();
  private final Map<Receiver, Integer> attempts = new java.util.IdentityHashMap<>();
  private final Map<String, Long> verdicts = new TreeMap<>();
  private Histogram recovery = new Histogram(600_000_000_000L, 3);
  private int caughtUp;
  private int connecting;
  private boolean comeBack;
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
    for (int i = 0; i < count; i++) {
      receivers.add(new Receiver(generator, seen, target, prefix + i, kind, this));
    }
  }

  public List<Receiver> receivers() {
    return receivers;
  }

  /** Connects all, a bounded number at once; fails when not all have caught up in time. */
  public void connectAll(Duration within) throws InterruptedException {
    generator.run(
        () -> {
          toConnect.addAll(receivers);
          next();
        });
    if (!generator.await(within, this::isAllCaughtUp)) {
      throw new IllegalStateException(
          caughtUp + " of " + receivers.size() + " came in; " + seen.errors());
    }
  }

  public boolean isAllCaughtUp() {
    return caughtUp == receivers.size();
  }

  public int caughtUp() {
    return caughtUp;
  }

  /** From now on those that lose their connection come back. */
  public void comeBack(boolean yes) {
    comeBack = yes;
  }

  /** Marks the moment from which recovery is counted. */
  public void markCut() {
    recovery = new Histogram(600_000_000_000L, 3);
    verdicts.clear();
    cutNanos = generator.now();
  }

  /** Cuts all at once. */
  public void cutAll() {
    markCut();
    receivers.forEach(Receiver::cut);
  }

  /** From the cut until caught up, in nanoseconds. */
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

  /** Ends for good. */
  public void end() {
    comeBack = false;
    toConnect.clear();
    receivers.forEach(Receiver::cut);
  }

  private void next() {
    while (connecting < AT_ONCE && !toConnect.isEmpty()) {
      connecting++;
      toConnect.remove().connect();
    }
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
    attempts.remove(receiver);
    if (cutNanos >= 0) {
      recovery.recordValue(generator.now() - cutNanos);
    }
    if (connecting > 0 && !comeBack) {
      connecting--;
      next();
    }
  }

  @Override
  public void lost(Receiver receiver, int code, String reason, boolean wasCaughtUp) {
    if (wasCaughtUp) {
      caughtUp--;
    }
    if (comeBack) {
      int attempt = attempts.merge(receiver, 1, Integer::sum) - 1;
      double most =
          attempt == 0
              ? FIRST_SECONDS
              : Math.min(MOST_SECONDS, FIRST_SECONDS * Math.pow(GROWTH, attempt - 1));
      long nanos = (long) (ThreadLocalRandom.current().nextDouble() * most * 1e9);
      var unused = generator.loop().schedule(receiver::connect, nanos, TimeUnit.NANOSECONDS);
    } else if (!wasCaughtUp && code != 1006) {
      seen.error("lost " + code + ' ' + reason);
    }
  }
}
