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
 * A lease lasts 60 s and is renewed every 5 s; once it was not confirmed for 50 s no ids are given
 * out until it is again (or another number is found). {@link #nextId} may be called from any
 * thread.
 */
public final class NodeNumber {
  static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration RENEW = Duration.ofSeconds(5);
  private static final long TRUST_NANOS = Duration.ofSeconds(50).toNanos();
  private static final int TRIES = 64;
  private static final Logger LOG = LoggerFactory.getLogger(NodeNumber.class);

  /**
   * KEYS: the number's key. ARGV: node name, time to live (ms), give back (1/0). Returns 1 when it
   * is ours now.
   */
  private static final Script LEASE_NUMBER =
      Script.of(
          "lease-number",
          """
          local v = redis.call('GET', KEYS[1])
          if ARGV[3] == '1' then
            if v == ARGV[1] then redis.call('DEL', KEYS[1]) end
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
  private volatile State state;

  private record State(Snowflake ids, int number, long trustedUntilNanos) {}

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
    this.state = new State(new Snowflake(clock, 0), -1, clock.nanos());
  }

  /** Takes a number; fails when the store is away. */
  public Future<Void> start() {
    renewal =
        timers.every(
            RENEW,
            () ->
                renew()
                    .onFailure(
                        e -> LOG.debug("the node number was not renewed: {}", e.getMessage())));
    return renew();
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
      throw Problem.STORE_UNAVAILABLE.because("this node has no number at the moment");
    }
    return s.ids.next();
  }

  public Future<Void> stop() {
    renewal.cancel();
    int number = state.number;
    state = new State(state.ids, -1, clock.nanos());
    return number < 0
        ? Future.succeededFuture()
        : lease(number, "1").recover(e -> Future.succeededFuture(false)).mapEmpty();
  }

  private Future<Void> renew() {
    int number = state.number;
    return number < 0 ? take(TRIES) : renew(number);
  }

  private Future<Void> renew(int number) {
    long began = clock.nanos();
    return lease(number, "0")
        .compose(
            ours -> {
              if (ours) {
                state = new State(state.ids, number, began + TRUST_NANOS);
                return Future.succeededFuture();
              }
              LOG.warn("node number {} was taken over; looking for another", number);
              return take(TRIES);
            });
  }

  private Future<Void> take(int tries) {
    if (tries == 0) {
      return Future.failedFuture(Problem.OVERLOADED.because("no free node number was found"));
    }
    int number = random.applyAsInt(Snowflake.MAX_NODE + 1);
    long began = clock.nanos();
    return lease(number, "0")
        .compose(
            ours -> {
              if (!ours) {
                return take(tries - 1);
              }
              state = new State(new Snowflake(clock, number), number, began + TRUST_NANOS);
              return Future.succeededFuture();
            });
  }

  private Future<Boolean> lease(int number, String giveBack) {
    return store
        .eval(LEASE_NUMBER, List.of("hy:node-number:" + number), node, LEASE.toMillis(), giveBack)
        .map(r -> r.toInteger() == 1);
  }
}
