package dev.hongyan.router.spool;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.Appended;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Into the log, or onto the disk while the log does not take messages: at once when the store is
 * known to be away, after {@link #PATIENCE} when it does not answer.
 *
 * <p>The messages of a tenant stay in order. As long as some of them wait in the spool, of whatever
 * loop, new ones go behind them: onto the disk too, or, when the last few are just being drained,
 * they are held here until those are in the log; so a tenant under load comes back from the spool.
 * When the log fails one, all of that tenant that this loop has not seen in the log go to the disk
 * together. What is in both places by then is one message, by its dedupe key.
 *
 * <p>An overloaded log counts as one that is away: pushes are not lost by waiting on the disk, and
 * WeChat repeats what is refused only three times within seconds.
 */
public final class SpoolingIntake implements Intake, AutoCloseable {
  /** How long a message waits for the log before it goes to the disk. */
  static final Duration PATIENCE = Duration.ofMillis(400);

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  /** With so few of a tenant in the spool the next ones wait for them. */
  static final int HELD_BEHIND = 512;

  /** Messages of all tenants that wait so on one loop. */
  private static final int HELD_MAX = 4096;

  private final Log log;
  private final BooleanSupplier up;
  private final Overflow spool;
  private final Clock clock;
  private final Timers.Cancellable look;
  private final Map<String, Line> lines = new HashMap<>();
  private int held;

  /** The log as this needs it. */
  interface Log {
    /** As {@link LogAppender#append(NewMessage, BooleanSupplier)}. */
    Future<Appended> append(NewMessage message, BooleanSupplier withdrawn);
  }

  /**
   * @param log this loop's
   * @param link the same one's
   * @param clock and timers of this loop
   * @param onLoop runs a task on this loop, from any thread
   */
  public SpoolingIntake(
      LogAppender log, RedisLink link, Spool spool, Clock clock, Timers timers, Executor onLoop) {
    this(log::append, link::isUp, spool, clock, timers, onLoop);
    link.onState(isUp -> look());
  }

  SpoolingIntake(
      Log log, BooleanSupplier up, Overflow spool, Clock clock, Timers timers, Executor onLoop) {
    this.log = log;
    this.up = up;
    this.spool = spool;
    this.clock = clock;
    this.look = timers.every(LOOK_EVERY, this::look);
    spool.onEmptied(tenant -> onLoop.execute(() -> release(tenant)));
  }

  /** A message that nobody was told of yet, unless it is {@code done}. */
  private static final class Push {
    final NewMessage message;
    final Line line;
    final long sinceNanos;
    final Promise<Taken> promise = Promise.promise();
    boolean inLog;
    boolean spooled;
    boolean done;

    Push(NewMessage message, Line line, long sinceNanos) {
      this.message = message;
      this.line = line;
      this.sinceNanos = sinceNanos;
    }
  }

  /** What of one tenant is open and not on its way to the disk, as it came. */
  private static final class Line {
    final String tenant;
    final ArrayDeque<Push> open = new ArrayDeque<>(4);
    int held;

    Line(String tenant) {
      this.tenant = tenant;
    }
  }

  @Override
  public Future<Taken> take(NewMessage message) {
    String tenant = message.tenant();
    Line line = lines.get(tenant);
    if (line == null) {
      line = new Line(tenant);
      lines.put(tenant, line);
    }
    Push push = new Push(message, line, clock.nanos());
    line.open.add(push);
    int before = spool.held(tenant);
    if (!up.getAsBoolean() || before > HELD_BEHIND) {
      spill(line);
    } else if (before == 0 && line.held == 0) {
      intoTheLog(push);
    } else if (held < HELD_MAX) {
      line.held++;
      held++;
    } else {
      spill(line);
    }
    return push.promise.future();
  }

  @Override
  public void close() {
    look.cancel();
  }

  private void intoTheLog(Push push) {
    push.inLog = true;
    log.append(push.message, () -> push.spooled)
        .onComplete(
            appended -> done(push, appended.duplicate() ? Taken.DUPLICATE : Taken.NEW),
            failure -> {
              if (push.spooled || push.done) {
                return; // the disk has the word
              }
              Problem problem = ProblemException.of(failure);
              if (problem == Problem.STORE_UNAVAILABLE || problem == Problem.OVERLOADED) {
                spill(push.line);
              } else {
                fail(push, failure);
              }
            });
  }

  /** The last of a tenant has left the spool. */
  private void release(String tenant) {
    Line line = lines.get(tenant);
    if (line == null || line.held == 0 || spool.held(tenant) > 0) {
      return; // filled again meanwhile: the next time
    }
    if (!up.getAsBoolean()) {
      spill(line);
      return;
    }
    held -= line.held;
    line.held = 0;
    for (Push push : line.open.toArray(Push[]::new)) {
      if (!push.inLog && !push.spooled && !push.done) {
        intoTheLog(push);
      }
    }
  }

  /** All that is open goes to the disk, in its order. */
  private void spill(Line line) {
    held -= line.held;
    line.held = 0;
    lines.remove(line.tenant, line);
    for (Push push = line.open.poll(); push != null; push = line.open.poll()) {
      if (!push.done) {
        Push one = push;
        one.spooled = true;
        spool
            .append(one.message)
            .onComplete(written -> done(one, Taken.SPOOLED), failure -> fail(one, failure));
      }
    }
  }

  private void done(Push push, Taken where) {
    if (!push.done) {
      push.done = true;
      shorten(push.line);
      push.promise.complete(where);
    }
  }

  private void fail(Push push, Throwable failure) {
    if (!push.done) {
      push.done = true;
      shorten(push.line);
      push.promise.fail(failure);
    }
  }

  private void shorten(Line line) {
    while (!line.open.isEmpty() && line.open.peek().done) {
      Push unused = line.open.remove();
    }
    if (line.open.isEmpty()) {
      lines.remove(line.tenant, line);
    }
  }

  /** Nobody waits longer than the patience; nobody waits at all for a store that is away. */
  private void look() {
    if (lines.isEmpty()) {
      return;
    }
    long now = clock.nanos();
    boolean away = !up.getAsBoolean();
    for (Line line : lines.values().toArray(Line[]::new)) {
      Push oldest = line.open.peek();
      if (oldest != null && (away || now - oldest.sinceNanos >= PATIENCE.toNanos())) {
        spill(line);
      } else if (line.held > 0) {
        release(line.tenant);
      }
    }
  }
}
