package dev.hongyan.router.send;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.consume.Plan;
import dev.hongyan.router.consume.Selection;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The consumers that carry sends out, for the tenants that have sends. They share the connections
 * to WeChat. For the owner's event loop.
 */
public final class SendSinks {
  private static final int QUEUE = 1_000;
  private static final List<TopicPattern> TOPICS = topics();

  private final Parts parts;
  private final SendClient client;
  private final SendStore store;
  private final Map<String, SendSink> sinks = new HashMap<>();

  /**
   * What it works with.
   *
   * @param trail where results are noted; whoever made it flushes it
   */
  public record Parts(
      Vertx vertx,
      Clock clock,
      Timers timers,
      RandomGenerator random,
      RedisLink link,
      TenantDirectory directory,
      Trail trail,
      WeChatApi api,
      Tracing tracing) {

    /** The consumer, in the log's cursors. */
    String name() {
      return Tenant.SENDS;
    }
  }

  public SendSinks(Parts parts) {
    this.parts = parts;
    this.client = new SendClient(parts.vertx(), parts.clock(), parts.timers(), parts.api());
    this.store = new SendStore(parts.link());
  }

  private static List<TopicPattern> topics() {
    List<TopicPattern> all = new ArrayList<>(ResultPush.TOPICS);
    all.add(TopicPattern.parse(SendKind.TOPICS + "*"));
    return List.copyOf(all);
  }

  /** What that consumer gets: sends, and the pushes that tell what became of them. */
  public static Selection selection() {
    return Selection.of(TOPICS);
  }

  /** The consumer of a tenant that {@link Tenant#sends}. */
  public Plan plan(String tenant) {
    return new Plan(
        Tenant.SENDS,
        Tenant.SENDS,
        selection(),
        sinks.computeIfAbsent(tenant, t -> new SendSink(t, parts, client, store)),
        SendSink.CONCURRENCY,
        QUEUE,
        Route.DEFAULT_PRIORITY,
        null);
  }

  /** A tenant that is not served here any more. */
  public void forget(String tenant) {
    sinks.remove(tenant);
  }

  /** Ends all connections. */
  public Future<Void> close() {
    return client.close();
  }
}
