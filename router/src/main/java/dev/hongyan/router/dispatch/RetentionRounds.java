package dev.hongyan.router.dispatch;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.slot.Slots;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trims the logs that this node owns: those that had traffic, and now and then each of the others,
 * because age passes without traffic too. A few tenants a round, so that 10,000 of them cost no
 * more at once than ten. For one thread.
 */
public final class RetentionRounds {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionRounds.class);
  static final int TENANTS_A_ROUND = 50;

  private final LogStore log;
  private final Clock clock;
  private final IntToLongFunction fenceOfSlot;
  private final Function<String, LogStore.Retention> retentionOf;
  private final ArrayDeque<String> line = new ArrayDeque<>();
  private final Set<String> inLine = new HashSet<>();

  /**
   * @param fenceOfSlot this node's fencing number for a slot, 0 when it has none
   * @param retentionOf what a tenant keeps
   */
  public RetentionRounds(
      LogStore log,
      Clock clock,
      IntToLongFunction fenceOfSlot,
      Function<String, LogStore.Retention> retentionOf) {
    this.log = log;
    this.clock = clock;
    this.fenceOfSlot = fenceOfSlot;
    this.retentionOf = retentionOf;
  }

  /** This tenant's log should be looked at; cheap when it stands in line already. */
  public void due(String tenant) {
    if (inLine.add(tenant)) {
      line.add(tenant);
    }
  }

  /** Trims the first few in line; gives how many messages went. */
  public Future<Long> round() {
    Future<Long> sum = Future.succeededFuture(0L);
    for (int n = Math.min(TENANTS_A_ROUND, line.size()); n > 0; n--) {
      String tenant = line.remove();
      inLine.remove(tenant);
      long fence = fenceOfSlot.applyAsLong(Slots.of(tenant));
      if (fence > 0) {
        Future<Long> cut =
            log.trim(tenant, retentionOf.apply(tenant), clock.wallMillis(), fence)
                .onSuccess(
                    gone -> {
                      if (gone >= LogStore.CUT_AT_ONCE) {
                        due(tenant); // there is more
                      }
                    });
        sum = sum.compose(before -> cut.map(now -> before + Math.max(0, now)));
      }
    }
    return sum.onFailure(e -> LOG.debug("a round of retention failed: {}", e.getMessage()));
  }
}
