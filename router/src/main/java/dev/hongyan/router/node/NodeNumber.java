package dev.hongyan.router.node;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases this process a number of its own (0 to 1023), so that its message ids meet nobody else's.
 * A lease lasts 60 s and is renewed every 5 s. Once it was not confirmed for 50 s, ids are given
 * out from a reserve that nobody else can have: those of the last seconds of the lease, 20 million,
 * whatever time it is by then. So pushes can be taken while the store is away for hours. {@link
 * #nextId} may be called from any thread.
 */
public final class NodeNumber {
  static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration RENEW = Duration.ofSeconds(5);
  private static final long TRUST_NANOS = Duration.ofSeconds(50).toNanos();

  /** Where the reserve ends; the rest is for clocks that differ. */
  private static final long RESERVE_MILLIS = 55_000;

  /**
   * A number that was given back rests, so that the next one's ids are later even where its clock
   * is a little behind.
   */
  private static final Duration REST = Duration.ofSeconds(10);

  private static final int TRIES = 64;
  private static final Logger LOG = LoggerFactory.getLogger(NodeNumber.class);

  /**
   * KEYS: the number's key. ARGV: node name, time to live (ms), give back (1/0: then the time is
   * how long it rests). Returns 1 when it is ours now.
   */
  private static final Script LEASE_NUMBER =
      Script.of(
          "lease-number",
          """
          local v = redis.call('GET', KEYS[1])
          if ARGV[3] == '1' then
            if v == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
            return 0
          end
          if v and v ~= ARGV[1] then return 0 end
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """);

  private final RedisLink store;
  private final String node;
  private final Clock clock;
  private final Timers timers;
  private final IntUnaryOperator random;
  private Timers.Cancellable renewal = () -> {};
  private Future<Void> running = Future.succeededFuture();
  private boolean stopped;
  private volatile State state;

  private record State(Snowflake ids, int number, long trustedUntilNanos, long leasedAtMillis) {}

  /**
   * @param node name of this process, different for every process that ever lived
   * @param random gives a number below its argument
   */
  public NodeNumber(
      RedisLink store, String node, Clock clock, Timers timers, IntUnaryOperator random) {
    this.store = store;
    this.node = node;
    this.clock = clock;
    this.timers = timers;
    this.random = random;
    this.state = new State(new Snowflake(clock, 0), -1, clock.nanos(), 0);
  }

  /** Takes a number; fails when the store is away, and is then tried again every 5 s. */
  public Future<Void> start() {
    renewal =
        timers.every(
            RENEW,
            () ->
                round()
                    .onFailure(
                        e -> LOG.debug("the node number was not renewed: {}", e.getMessage())));
    return round();
  }

  /**
   * A new message id.
   *
   * @throws dev.hongyan.observability.problem.ProblemException STORE_UNAVAILABLE while no number is
   *     certain
   */
  public long nextId() {
    State s = state;
    if (clock.nanos() - s.trustedUntilNanos >= 0) {
      long reserved =
          s.number < 0
              ? -1
              : s.ids.nextBefore(
                  s.leasedAtMillis + TRUST_NANOS / 1_000_000, s.leasedAtMillis + RESERVE_MILLIS);
      if (reserved < 0) {
        throw Problem.STORE_UNAVAILABLE.because("this node has no number at the moment");
      }
      return reserved;
    }
    return s.ids.next();
  }

  /** Gives the number back; no ids after this. */
  public Future<Void> stop() {
    stopped = true;
    renewal.cancel();
    return running.transform(done -> giveBack());
  }

  private Future<Void> giveBack() {
    int number = state.number;
    unsure();
    return number < 0
        ? Future.succeededFuture()
        : lease(number, REST, "1").recover(e -> Future.succeededFuture(false)).mapEmpty();
  }

  /** One at a time: two that look for a number would find two. */
  private Future<Void> round() {
    if (running.isComplete()) {
      int number = state.number;
      running = number < 0 ? take(TRIES) : renew(number);
    }
    return running;
  }

  private void unsure() {
    state = new State(state.ids, -1, clock.nanos(), 0);
  }

  private Future<Void> renew(int number) {
    long began = clock.nanos();
    long beganMillis = clock.wallMillis();
    return lease(number, LEASE, "0")
        .compose(
            ours -> {
              if (ours) {
                state = new State(state.ids, number, began + TRUST_NANOS, beganMillis);
                return Future.succeededFuture();
              }
              unsure(); // somebody else makes ids with it by now
              LOG.warn("node number {} was taken over; looking for another", number);
              return take(TRIES);
            });
  }

  private Future<Void> take(int tries) {
    if (tries == 0 || stopped) {
      return Future.failedFuture(Problem.OVERLOADED.because("no free node number was found"));
    }
    int number = random.applyAsInt(Snowflake.MAX_NODE + 1);
    long began = clock.nanos();
    long beganMillis = clock.wallMillis();
    return lease(number, LEASE, "0")
        .compose(
            ours -> {
              if (!ours) {
                return take(tries - 1);
              }
              state =
                  new State(new Snowflake(clock, number), number, began + TRUST_NANOS, beganMillis);
              return Future.succeededFuture();
            });
  }

  private Future<Boolean> lease(int number, Duration time, String giveBack) {
    return store
        .eval(LEASE_NUMBER, List.of("hy:node-number:" + number), node, time.toMillis(), giveBack)
        .map(r -> r.toInteger() == 1);
  }
}
