package dev.hongyan.tenant.quota;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.tenant.quota.Bucket.Ask;
import dev.hongyan.tenant.store.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tenant may do something now, for all doors of this node; answered from memory. Until
 * {@link #share} is called this node is alone with its limits. One per process; thread-safe.
 */
public final class Quotas {
  private static final Duration ROUND = Duration.ofMillis(20);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Questions to the store in one round; the others have their turn in the next. */
  private static final int ASKS_MAX = 1_000;

  private final Clock clock;
  private final Function<String, @Nullable Quota> own;
  private final Map<String, Tenants> tenants = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Listed> line = new ConcurrentLinkedQueue<>();
  private final SessionCounts sessions = new SessionCounts();
  private final StorageWatch storage;
  private volatile Quota platform = Quota.NONE;
  private volatile @Nullable Metrics metrics;
  private volatile @Nullable BudgetStore sharing;
  private volatile int alive = 1;

  private static final String[] CLASSES = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

  private record Listed(String tenant, Share share) {}

  /** One tenant's quota and its shares, by the name of the limit. */
  private record Tenants(Quota quota, Map<String, Share> shares, boolean byClass) {}

  private static final Tenants NOBODY = new Tenants(Quota.NONE, Map.of(), false);

  /**
   * @param own what a tenant's own configuration says; null for nothing
   */
  public Quotas(Clock clock, Function<String, @Nullable Quota> own) {
    this.clock = clock;
    this.own = own;
    this.storage = new StorageWatch(clock);
  }

  /** What counts for tenants that do not say. */
  public Quota platform() {
    return platform;
  }

  /** Counts from now on what passes and what does not. */
  public void measure(Metrics to) {
    metrics = to;
  }

  /** What counts for tenants that do not say. */
  public void platform(Quota quota) {
    platform = quota;
    tenants.keySet().forEach(this::changed);
  }

  /**
   * From now on the budgets are those of all nodes together.
   *
   * @param node the name of this one
   * @param timers on whose thread the store is asked
   * @param nodes how many nodes are alive, this one included
   * @return ends it
   */
  public Timers.Cancellable share(RedisLink link, Timers timers, String node, IntSupplier nodes) {
    alive = Math.max(1, nodes.getAsInt());
    sharing = new BudgetStore(link);
    for (Tenants each : tenants.values()) {
      each.shares().values().forEach(s -> s.share(clock.nanos()));
    }
    Timers.Cancellable rounds = timers.every(ROUND, this::round);
    Timers.Cancellable looks =
        timers.every(
            LOOK,
            () -> {
              alive = Math.max(1, nodes.getAsInt());
              storage.look(link);
              sessions.exchange(link, node, this);
            });
    return () -> {
      rounds.cancel();
      looks.cancel();
    };
  }

  /** The tenant's quota, where it says nothing the platform's. */
  public Quota of(String tenant) {
    return tenant(tenant).quota();
  }

  /** The tenant's configuration is another one now, or gone. */
  public void changed(String tenant) {
    tenants.computeIfPresent(
        tenant,
        (id, before) -> {
          Quota said = own.apply(id);
          return said == null ? null : compiled(said.or(platform), before.shares());
        });
  }

  private Tenants tenant(String id) {
    Tenants known = tenants.get(id);
    if (known != null) {
      return known;
    }
    // Asked inside, so that a change that comes meanwhile is not missed.
    Tenants made =
        tenants.computeIfAbsent(
            id,
            t -> {
              Quota said = own.apply(t);
              return said == null ? null : compiled(said.or(platform), Map.of());
            });
    return made == null ? NOBODY : made; // of nobody nothing is kept
  }

  private Tenants compiled(Quota quota, Map<String, Share> before) {
    Map<String, Share> shares = new HashMap<>();
    for (Limit limit : quota.limits()) {
      Share share = before.get(limit.name());
      if (share == null) {
        share = new Share(limit, sharing == null, clock.nanos());
      } else {
        share.limit(limit, clock.nanos());
      }
      shares.put(limit.name(), share);
    }
    boolean byClass = quota.limits().stream().anyMatch(l -> l.priority() != null);
    return new Tenants(quota, Map.copyOf(shares), byClass);
  }

  /** One call of normal priority. */
  public Verdict take(String tenant, String api) {
    return take(tenant, api, Share.NORMAL, 1);
  }

  /**
   * Takes {@code cost} from what the tenant may use of an API, if it is there.
   *
   * @param api as in {@link Limit}; a family of {@code wxapi} that has no row takes from that of
   *     {@code wxapi}
   * @param priority 0 to 9
   */
  public Verdict take(String tenant, String api, int priority, long cost) {
    Tenants known = tenant(tenant);
    Map<String, Share> shares = known.shares();
    if (shares.isEmpty()) {
      return Verdict.FREE;
    }
    Share ofClass = known.byClass() ? shares.get(api + ":" + priority) : null;
    // In a bucket of one class nothing is kept back for others.
    Verdict first = ofClass == null ? Verdict.FREE : take(tenant, ofClass, Share.NORMAL, cost);
    if (!first.passes()) {
      return first;
    }
    Share ofAll = shares.get(api);
    if (ofAll == null && api.startsWith(Limit.WXAPI + ".")) {
      ofAll = shares.get(Limit.WXAPI);
    }
    if (ofAll == null) {
      return first;
    }
    Verdict second = take(tenant, ofAll, priority, cost);
    if (!second.passes() && ofClass != null) {
      ofClass.undo(cost);
    }
    return second;
  }

  private Verdict take(String tenant, Share share, int priority, long cost) {
    BudgetStore with = sharing;
    Verdict verdict = share.take(priority, cost, alive, clock.nanos());
    count(tenant, share.api(), priority, verdict.passes());
    if (with != null && share.list()) {
      line.add(new Listed(tenant, share));
    }
    return verdict;
  }

  private void count(String tenant, String api, int priority, boolean passes) {
    Metrics to = metrics;
    if (to == null) {
      return;
    }
    if (passes) {
      to.count(Series.QUOTA_PASSED, api);
    } else {
      to.tally(Series.QUOTA_REFUSED, api, CLASSES[priority]).add();
      to.usage().of(tenant).add(Used.REFUSED);
    }
  }

  /**
   * Counts that something was refused because there is as much of it as there may be.
   *
   * @param what like {@code destinations}, for the metrics
   */
  public ProblemException exceeded(String tenant, String what, String detail) {
    count(tenant, what, Share.NORMAL, false);
    return Problem.QUOTA_EXCEEDED.because(detail);
  }

  /**
   * Counts a message of the tenant's own into its log; throws QUOTA_EXCEEDED when that is full.
   *
   * @param bytes about
   */
  public void store(String tenant, long bytes) {
    Quota.Ceilings max = of(tenant).max();
    String full = max.boundsStorage() ? storage.full(tenant, max, bytes) : null;
    if (full != null) {
      throw exceeded(tenant, "storage", full);
    }
  }

  /** One more session, unless the tenant has all that it may have; then {@link #close} it. */
  public boolean open(String tenant) {
    Long max = of(tenant).max().sessions();
    boolean opened = sessions.open(tenant, max == null ? Long.MAX_VALUE : max);
    if (!opened) {
      count(tenant, "sessions", Share.NORMAL, false);
    }
    return opened;
  }

  /** Whether one more session would be refused. */
  public boolean isFull(String tenant) {
    Long max = of(tenant).max().sessions();
    return max != null && sessions.isFull(tenant, max);
  }

  /** A session that was opened is over. */
  public void close(String tenant) {
    sessions.closed(tenant);
  }

  private void round() {
    BudgetStore with = sharing;
    if (with == null) {
      return;
    }
    int nodes = alive;
    List<Listed> again = new ArrayList<>();
    int asks = 0;
    for (Listed each = line.poll(); each != null; each = line.poll()) {
      Share share = each.share();
      long now = clock.nanos();
      Limit limit = share.limit();
      Ask ask = share.ask(nodes, now);
      if (ask != null) {
        asks++;
        with.ask(each.tenant(), limit, ask)
            .onComplete(
                grant -> share.answered(grant, clock.nanos()),
                away -> share.failed(nodes, clock.nanos()));
      }
      if (!share.unlist(now)) {
        again.add(each);
      }
      if (asks >= ASKS_MAX) {
        break; // those left stand before the ones that had their turn
      }
    }
    line.addAll(again);
  }
}
