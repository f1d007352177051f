package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.function.Supplier;

/**
 * Makes the sessions of one event loop move elsewhere without a break: each is told when to open
 * its next connection, a few at a time, and is served until it has left. Who is still there at the
 * end is closed with 4000. For its event loop only.
 */
final class Drain {
  private static final Duration TURN = Duration.ofMillis(50);

  /** All are told within this part of the time, so that the last one still has time to move. */
  private static final int TELL_WITHIN_PART = 3;

  private final Clock clock;
  private final Timers timers;
  private final Supplier<Collection<Session>> sessions;
  private final ArrayDeque<Session> untold;
  private final int perTurn;
  private final long endNanos;
  private final Promise<Void> done = Promise.promise();
  private Timers.Cancellable turning = () -> {};

  /**
   * @param sessions those that are still there
   * @param within how long the whole may take
   */
  Drain(Clock clock, Timers timers, Supplier<Collection<Session>> sessions, Duration within) {
    this.clock = clock;
    this.timers = timers;
    this.sessions = sessions;
    this.untold = new ArrayDeque<>(sessions.get());
    long turns = Math.max(1, within.toMillis() / TELL_WITHIN_PART / TURN.toMillis());
    this.perTurn = (int) (untold.size() / turns) + 1;
    this.endNanos = clock.nanos() + within.toNanos();
  }

  /** Begins; the Future ends when nobody is left. */
  Future<Void> start() {
    turning = timers.every(TURN, this::turn);
    turn();
    return done.future();
  }

  private void turn() {
    long leftMillis = Math.max(0, (endNanos - clock.nanos()) / 1_000_000);
    for (int n = 0; n < perTurn && !untold.isEmpty(); n++) {
      untold.remove().goAway(0, leftMillis);
    }
    if (leftMillis == 0) {
      for (Session s : sessions.get().toArray(new Session[0])) {
        s.close(Problem.DRAINING, "the node is leaving");
      }
    }
    if (sessions.get().isEmpty()) {
      turning.cancel();
      done.tryComplete();
    }
  }
}
