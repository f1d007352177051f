package dev.hongyan.router.slot;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node's share of the slots leased. One for the process; runs on the loop that made it,
 * {@link #fence} may be asked from any thread.
 *
 * <p>A lease lasts 5 s and is renewed every 1.5 s. By its own monotonic clock the node stops
 * believing in a lease 1 s before the store would give it away, so two nodes never own a slot at
 * once even when one of them was asleep.
 */
public final class SlotLeases {
  public static final Duration LEASE = Duration.ofSeconds(5);
  static final Duration RENEW = Duration.ofMillis(1500);
  private static final long TRUST_NANOS = LEASE.minusSeconds(1).toNanos();
  private static final Logger LOG = LoggerFactory.getLogger(SlotLeases.class);

  private final LeaseStore leases;
  private final String node;
  private final Sharing sharing;
  private final Clock clock;
  private final Timers timers;
  private final Listener listener;
  private final AtomicLongArray fences = new AtomicLongArray(Slots.COUNT);
  private final AtomicLongArray trustedUntil = new AtomicLongArray(Slots.COUNT);
  private volatile List<String> nodes;
  private Timers.Cancellable renewal = () -> {};
  private Future<Void> running = Future.succeededFuture();
  private boolean leaving;

  /** Hears of slots that come and go, on the leases' loop. */
  public interface Listener {
    void gained(int slot, long fence);

    void lost(int slot);
  }

  /**
   * @param node this process's name in the registry: no blank, different for every process that
   *     ever lived
   */
  public SlotLeases(RedisLink store, String node, Clock clock, Timers timers, Listener listener) {
    this(store, node, clock, timers, listener, Sharing.SPREAD);
  }

  /** What several live nodes do with the slots. */
  public enum Sharing {
    /** Each takes its share, by rendezvous hashing: a cluster. */
    SPREAD,
    /** Who has a slot keeps it until it leaves: one node, whose successor may be up already. */
    SUCCEED
  }

  public SlotLeases(
      RedisLink store,
      String node,
      Clock clock,
      Timers timers,
      Listener listener,
      Sharing sharing) {
    this.sharing = sharing;
    this.leases = new LeaseStore(store, node, LEASE.toMillis());
    this.node = node;
    this.clock = clock;
    this.timers = timers;
    this.listener = listener;
    this.nodes = List.of(node);
  }

  /**
   * Takes what is free and keeps it; the Future ends after the first round, also when the store was
   * away.
   */
  public Future<Void> start() {
    renewal =
        timers.every(
            RENEW,
            () -> round().onFailure(e -> LOG.debug("leases were not renewed: {}", e.getMessage())));
    return round().recover(e -> Future.succeededFuture());
  }

  /** A node came or went: settles the slots now instead of at the next renewal. */
  public Future<Void> lookAround() {
    return leaving ? Future.succeededFuture() : round();
  }

  /** The fencing number of this node's lease on a slot, 0 when it has none that can be trusted. */
  public long fence(int slot) {
    return clock.nanos() - trustedUntil.get(slot) < 0 ? fences.get(slot) : 0;
  }

  /** Names of the live nodes as last heard, this one among them. */
  public List<String> nodes() {
    return nodes;
  }

  /**
   * Gives everything back, so that another node need not wait for the leases to run out. Waits for
   * a round that is under way, whose last leases would stay behind otherwise.
   */
  public Future<Void> stop() {
    leaving = true;
    renewal.cancel();
    return running
        .transform(done -> releaseAll())
        .transform(done -> leases.leave())
        .recover(e -> Future.succeededFuture());
  }

  private Future<Void> releaseAll() {
    List<Future<Void>> released = new ArrayList<>();
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      if (fences.get(slot) != 0) {
        drop(slot);
        released.add(leases.release(slot));
      }
    }
    return Future.join(released).mapEmpty();
  }

  /** One at a time: a slow store is not asked again before it has answered. */
  private Future<Void> round() {
    expire();
    if (!running.isComplete()) {
      return running;
    }
    long began = clock.nanos();
    running =
        leases
            .beat()
            .compose(
                live -> {
                  nodes = live.isEmpty() ? List.of(node) : List.copyOf(live);
                  List<Future<Void>> all = new ArrayList<>(Slots.COUNT);
                  for (int slot = 0; slot < Slots.COUNT && !leaving; slot++) {
                    all.add(settle(slot, began));
                  }
                  return Future.join(all).mapEmpty();
                });
    return running;
  }

  private Future<Void> settle(int slot, long began) {
    boolean ours = sharing == Sharing.SUCCEED || Slots.preferred(slot, nodes).equals(node);
    if (!ours && fences.get(slot) != 0) {
      drop(slot);
      return leases.release(slot);
    }
    return ours
        ? leases.take(slot).map(fence -> taken(slot, fence, began))
        : Future.succeededFuture();
  }

  private Void taken(int slot, long fence, long began) {
    long before = fences.get(slot);
    if (fence != before && before != 0) {
      drop(slot); // lost, or it ran out in between: what was known under the old fence is stale
    }
    if (fence != 0) {
      trustedUntil.set(slot, began + TRUST_NANOS);
      if (fence != before) {
        fences.set(slot, fence);
        listener.gained(slot, fence);
      }
    }
    return nothing();
  }

  @SuppressWarnings("NullAway") // Void has no value but null
  private static Void nothing() {
    return null;
  }

  /** Slots that could not be renewed in time are nobody's as far as we know. */
  private void expire() {
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      if (fences.get(slot) != 0 && fence(slot) == 0) {
        drop(slot);
      }
    }
  }

  private void drop(int slot) {
    fences.set(slot, 0);
    listener.lost(slot);
  }
}
