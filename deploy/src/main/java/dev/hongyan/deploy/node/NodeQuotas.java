package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Quota;
import dev.hongyan.tenant.quota.Quotas;
import dev.hongyan.tenant.usage.UsageKeeper;
import dev.hongyan.tenant.usage.UsageStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** What tenants may use and what they used, on this node: shared with the others until it stops. */
final class NodeQuotas {
  private final Timers.Cancellable sharing;
  private final UsageKeeper usage;

  /**
   * @param node the name of this process
   * @param nodes how many are alive
   */
  NodeQuotas(
      Config config,
      ControlVerticle control,
      Clock clock,
      Timers timers,
      Metrics metrics,
      String node,
      IntSupplier nodes) {
    Quotas quotas = control.directory().quotas();
    quotas.platform(platform(config.quotas()));
    quotas.measure(metrics);
    sharing = quotas.share(control.link(), timers, node, nodes);
    usage = new UsageKeeper(metrics.usage(), new UsageStore(control.link()), clock, timers, node);
    metrics.gauge(Series.USAGE_LATE, usage::unsavedSeconds);
  }

  /** After everybody who counts, and before the store goes. */
  Future<Void> stop() {
    sharing.cancel();
    return usage.stop();
  }

  private static Quota platform(Config.Quotas said) {
    List<Limit> limits = new ArrayList<>();
    add(limits, Limit.WEBHOOK, said.webhook());
    add(limits, Limit.PUBLISH, said.publish());
    add(limits, Limit.PUBLISH_BYTES, said.publishBytes());
    add(limits, Limit.ADMIN, said.admin());
    add(limits, Limit.WXAPI, said.wxapi());
    add(limits, Limit.CONNECT, said.connect());
    return new Quota(
        limits,
        new Quota.Ceilings(
            bound(said.sessions()),
            bound(said.storageMessages()),
            bound(said.storageBytes()),
            bound(said.destinations()),
            bound(said.pendingTimers())));
  }

  private static void add(List<Limit> to, String api, long perSecond) {
    if (perSecond > 0) {
      to.add(Limit.perSecond(api, perSecond));
    }
  }

  private static @Nullable Long bound(long said) {
    return said == 0 ? null : said;
  }
}
