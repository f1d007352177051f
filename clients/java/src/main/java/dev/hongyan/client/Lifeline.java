package dev.hongyan.client;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one good connection: dials, waits, probes, and on {@code goaway} makes the new one before
 * it breaks the old. Knows nothing of subscriptions. Lives on the loop.
 */
final class Lifeline {
  private static final long HEALTHY_AFTER_MILLIS = 30_000;
  private static final long RETIRE_WITHIN_MILLIS = 10_000;

  /** Whom the connection serves. */
  interface Owner {
    List<Map<String, Object>> subscriptions(Connection connection);

    void opened(Connection connection);

    void gone(Connection connection);

    void received(Connection connection, Map<String, Object> op, List<WireMessage> messages);

    void entered(ClientEvent.StateChanged change);

    void failed(ClientException error);
  }

  private final Connection.Setup setup;
  private final Loop loop;
  private final DoubleSupplier random;
  private final Supplier<CompletionStage<Boolean>> probe;
  private final Owner owner;
  private final Backoff backoff;
  private volatile State state = State.CLOSED;
  private @Nullable Connection active;
  private @Nullable Connection second;
  private @Nullable Connection retiring;
  private Loop.Timer waitTimer = Loop.Timer.NONE;
  private Loop.Timer moveTimer = Loop.Timer.NONE;
  private Loop.Timer retireTimer = Loop.Timer.NONE;
  private Loop.Timer healthTimer = Loop.Timer.NONE;
  private boolean moving;
  private long turn;

  Lifeline(
      Connection.Setup setup,
      DoubleSupplier random,
      Supplier<CompletionStage<Boolean>> probe,
      Owner owner) {
    this.setup = setup;
    this.loop = setup.loop();
    this.random = random;
    this.probe = probe;
    this.owner = owner;
    this.backoff = new Backoff(random);
  }

  /** Read from any thread. */
  State state() {
    return state;
  }

  /** The connection new operations go to, or null. */
  @Nullable Connection connection() {
    return active != null && active.open() ? active : null;
  }

  void start() {
    if (state == State.CLOSED) {
      connect();
    }
  }

  void stop(int code, String reason, @Nullable ClientException error) {
    if (state == State.CLOSED) {
      return;
    }
    turn++;
    waitTimer.cancel();
    moveTimer.cancel();
    healthTimer.cancel();
    moving = false;
    Connection first = active;
    Connection next = second;
    active = null;
    second = null;
    bury(first);
    bury(next);
    buryRetiring();
    backoff.reset();
    enter(State.CLOSED, 0, code, reason, error);
  }

  /** {@code goaway}: the second starts after so long; this one serves until that has taken over. */
  void move(Connection connection, long afterMillis) {
    if (connection != active || second != null || moving) {
      return;
    }
    moving = true;
    moveTimer =
        loop.after(
            Math.max(0, afterMillis),
            () -> {
              moving = false;
              second = dial();
            });
  }

  /** The subscriptions have arrived on it: the connection before it is not needed any more. */
  void settled(Connection connection) {
    if (connection == active) {
      buryRetiring();
    }
  }

  private void connect() {
    turn++;
    enter(State.CONNECTING, 0, 0, "", null);
    active = dial();
  }

  private Connection dial() {
    return new Connection(setup, new Events());
  }

  private void opened(Connection connection) {
    if (connection == second) {
      second = null;
      buryRetiring();
      retiring = active;
      active = connection;
      retireTimer = loop.after(RETIRE_WITHIN_MILLIS, () -> settled(connection));
    }
    healthTimer.cancel();
    healthTimer = loop.after(HEALTHY_AFTER_MILLIS, backoff::reset);
    if (state != State.OPEN) {
      enter(State.OPEN, 0, 0, "", null);
    }
    owner.opened(connection);
  }

  private void closed(
      Connection connection, int code, String reason, @Nullable ClientException error) {
    if (error != null) {
      owner.failed(error);
    }
    if (connection == retiring) {
      // 4409 is what it gets when the second attaches to its names: we did that ourselves.
      retiring = null;
    } else if (connection == second) {
      second = null;
      if (active == null) {
        lost(code, reason);
      } else {
        secondFailed(active, code, reason);
      }
    } else if (connection == active) {
      active = null;
      healthTimer.cancel();
      moveTimer.cancel();
      moving = false;
      buryRetiring();
      if (second != null) {
        enter(State.CONNECTING, 0, code, reason, null);
      } else {
        lost(code, reason);
      }
    }
    owner.gone(connection);
  }

  private void secondFailed(Connection first, int code, String reason) {
    CloseRule rule = CloseRule.of(code, reason);
    if (rule.kind() == CloseRule.Kind.NEVER) {
      String message = "could not move: closed with " + code + " " + reason;
      owner.failed(
          new ClientException("move-refused", message, ClientException.Retry.NEVER, code, null));
    } else {
      move(first, delay(rule));
    }
  }

  private void lost(int code, String reason) {
    CloseRule rule = CloseRule.of(code, reason);
    if (rule.kind() == CloseRule.Kind.NEVER) {
      ClientException error =
          ClientException.closed("the server closed the connection: " + code + " " + reason, code);
      owner.failed(error);
      stop(code, reason, error);
      return;
    }
    // After a 4xxx the server has just spoken to us: the way is open.
    boolean ask = rule.kind() == CloseRule.Kind.NETWORK;
    await(State.WAITING, delay(rule), ask, code, reason);
  }

  private long delay(CloseRule rule) {
    return switch (rule.kind()) {
      case NOW -> backoff.hurryMillis();
      // All who were turned away got the same hint: the jitter keeps them from coming back as one.
      case AFTER -> rule.afterMillis() + Math.round(random.getAsDouble() * 1_000);
      case NEVER, NETWORK -> backoff.nextMillis();
    };
  }

  private void await(State as, long delayMillis, boolean ask, int code, String reason) {
    long mine = ++turn;
    waitTimer.cancel();
    waitTimer = loop.after(delayMillis, () -> retry(mine, ask));
    enter(as, delayMillis, code, reason, null);
  }

  private void retry(long mine, boolean ask) {
    if (!ask) {
      connect();
      return;
    }
    probe
        .get()
        .whenCompleteAsync(
            (reachable, failure) -> {
              if (mine != turn) {
                return;
              }
              if (failure == null && reachable) {
                connect();
              } else {
                await(State.OFFLINE, backoff.nextMillis(), true, 0, "no answer to /ping");
              }
            },
            loop);
  }

  private void buryRetiring() {
    retireTimer.cancel();
    Connection old = retiring;
    retiring = null;
    bury(old);
  }

  private void bury(@Nullable Connection connection) {
    if (connection != null) {
      connection.close();
      owner.gone(connection);
    }
  }

  private void enter(
      State next, long delayMillis, int code, String reason, @Nullable ClientException error) {
    state = next;
    owner.entered(new ClientEvent.StateChanged(next, delayMillis, code, reason, error));
  }

  private final class Events implements Connection.Listener {
    @Override
    public List<Map<String, Object>> subscriptions(Connection connection) {
      return owner.subscriptions(connection);
    }

    @Override
    public void opened(Connection connection) {
      Lifeline.this.opened(connection);
    }

    @Override
    public void received(
        Connection connection, Map<String, Object> op, List<WireMessage> messages) {
      owner.received(connection, op, messages);
    }

    @Override
    public void closed(
        Connection connection, int code, String reason, @Nullable ClientException error) {
      Lifeline.this.closed(connection, code, reason, error);
    }
  }
}
