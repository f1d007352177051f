package dev.hongyan.simulator.delivery;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.push.SimulatedPush;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Pushes at a rate. The schedule does not wait for answers (an open loop: a stalled receiver is not
 * spared), only for room in flight. Used by one thread.
 */
final class Flow {
  private static final Duration TICK = Duration.ofMillis(5);

  /** Pushes made but held back by an earlier one of their user; beyond it no more are made. */
  private static final int WAITING_MAX = 10_000;

  private final FlowOptions options;
  private final Clock clock;
  private final Timers timers;
  private final Supplier<SimulatedPush> source;
  private final Function<SimulatedPush, Future<PushResult>> delivery;
  private final Consumer<PushResult> listener;
  private final FlowReport.Collector collector = new FlowReport.Collector();
  private final Promise<FlowReport> report = Promise.promise();

  /** Users with a push under way, and what of theirs waits behind it. */
  private final Map<String, Queue<SimulatedPush>> lanes = new HashMap<>();

  private final Queue<SimulatedPush> ready = new ArrayDeque<>();
  private Timers.@Nullable Cancellable ticker;
  private long startedNanos;
  private long made;
  private long waiting;
  private int inFlight;
  private long lagMillisMax;
  private boolean pumping;

  Flow(
      FlowOptions options,
      Clock clock,
      Timers timers,
      Supplier<SimulatedPush> source,
      Function<SimulatedPush, Future<PushResult>> delivery,
      Consumer<PushResult> listener) {
    this.options = options;
    this.clock = clock;
    this.timers = timers;
    this.source = source;
    this.delivery = delivery;
    this.listener = listener;
  }

  Future<FlowReport> run() {
    startedNanos = clock.nanos();
    if (options.ratePerSecond() > 0) {
      ticker = timers.every(TICK, this::pump);
    }
    pump();
    return report.future();
  }

  /** Starts what may start. A loop, as pushes that end at once would nest without limit. */
  private void pump() {
    if (pumping || report.future().isComplete()) {
      return;
    }
    pumping = true;
    try {
      while (inFlight < options.inFlightMax()) {
        SimulatedPush next = ready.poll();
        if (next != null) {
          send(next);
        } else if (made < due() && waiting < WAITING_MAX) {
          make();
        } else {
          break;
        }
      }
    } catch (RuntimeException e) {
      finish();
      report.tryFail(e);
      return;
    } finally {
      pumping = false;
    }
    if (made == options.count() && inFlight == 0 && waiting == 0 && ready.isEmpty()) {
      finish();
      report.tryComplete(collector.report(elapsedNanos() / 1_000_000, lagMillisMax));
    }
  }

  private void finish() {
    if (ticker != null) {
      ticker.cancel();
    }
  }

  private long due() {
    if (options.ratePerSecond() == 0) {
      return options.count();
    }
    double due = elapsedNanos() / 1e9 * options.ratePerSecond() + 1;
    return Math.min(options.count(), (long) due);
  }

  private void make() {
    if (options.ratePerSecond() > 0) {
      double dueNanos = made / options.ratePerSecond() * 1e9;
      lagMillisMax = Math.max(lagMillisMax, (long) (elapsedNanos() - dueNanos) / 1_000_000);
    }
    SimulatedPush push = source.get();
    made++;
    String openid = push.openid();
    if (!options.orderedPerUser() || openid == null) {
      ready.add(push);
      return;
    }
    Queue<SimulatedPush> lane = lanes.get(openid);
    if (lane == null) {
      lanes.put(openid, new ArrayDeque<>(2));
      ready.add(push);
    } else {
      lane.add(push);
      waiting++;
    }
  }

  private void send(SimulatedPush push) {
    inFlight++;
    delivery
        .apply(push)
        .onComplete(
            result -> {
              collector.add(result);
              ended(push);
              tell(result);
              pump();
            },
            failure -> {
              // Only a bug of ours comes this way; it must not look like a quiet receiver.
              inFlight--;
              finish();
              report.tryFail(failure);
            });
  }

  private void tell(PushResult result) {
    try {
      listener.accept(result);
    } catch (RuntimeException e) {
      finish();
      report.tryFail(e);
    }
  }

  private void ended(SimulatedPush push) {
    inFlight--;
    String openid = push.openid();
    Queue<SimulatedPush> lane = openid == null ? null : lanes.get(openid);
    if (lane == null) {
      return;
    }
    SimulatedPush next = lane.poll();
    if (next == null) {
      lanes.remove(openid);
    } else {
      waiting--;
      ready.add(next);
    }
  }

  private long elapsedNanos() {
    return clock.nanos() - startedNanos;
  }
}
