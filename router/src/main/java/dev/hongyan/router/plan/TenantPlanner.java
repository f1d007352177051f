package dev.hongyan.router.plan;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Plan;
import dev.hongyan.router.consume.Planner;
import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.destination.DestinationClient;
import dev.hongyan.router.destination.HealthEvent;
import dev.hongyan.router.send.SendSinks;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Routing;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the consumers of tenants from their destinations and routes. A destination's own topics are
 * a route to it. For the owner's event loop.
 */
public final class TenantPlanner implements Planner {
  private static final Logger LOG = LoggerFactory.getLogger(TenantPlanner.class);
  private static final int DESTINATION_QUEUE = 1_000;

  private final DestinationClient client;
  private final HealthStore health;
  private final Notices notices;
  private final Clock clock;
  private final RandomGenerator random;
  private final Metrics metrics;
  private final Disabler disabler;
  private final Answers answers;
  private final Selections selections;
  private final @Nullable SendSinks sends;
  private final Map<String, Map<String, DestinationSink>> sinks = new HashMap<>();

  private final Map<String, Map<String, Handling>> handling = new HashMap<>();
  private final Republish.Tools republish;

  private record Handling(Route route, HandlerSink sink) {}

  /** Switches a destination off in the tenant's configuration. */
  public interface Disabler {
    Future<?> disable(String tenant, String destination, String reason);
  }

  /**
   * @param sends carries sends out; null when nobody sends from here
   */
  public TenantPlanner(
      DestinationClient client,
      RedisLink store,
      Notices notices,
      Clock clock,
      RandomGenerator random,
      Metrics metrics,
      Disabler disabler,
      Answers answers,
      @Nullable SendSinks sends) {
    this.sends = sends;
    this.client = client;
    this.health = new HealthStore(store);
    this.notices = notices;
    this.republish = notices.tools();
    this.clock = clock;
    this.random = random;
    this.metrics = metrics;
    this.disabler = disabler;
    this.answers = answers;
    this.selections = new Selections(() -> metrics.count(Series.FILTERS_FAILED));
  }

  @Override
  public List<Plan> plans(Tenant tenant) {
    Routing routing = tenant.routing();
    Map<String, DestinationSink> leading = sinksOf(tenant.id(), routing);
    List<Plan> plans = new ArrayList<>();
    for (Destination d : routing.destinations().values()) {
      DestinationSink sink = leading.get(d.id());
      if (!d.topics().isEmpty() && sink != null) {
        String name = Routing.consumerOfDestination(d.id());
        plans.add(
            new Plan(
                name,
                name,
                selections.of(d),
                sink,
                d.concurrency(),
                DESTINATION_QUEUE,
                Route.DEFAULT_PRIORITY,
                null));
      }
    }
    Map<String, Handling> handlingNow = new HashMap<>();
    for (Route r : routing.routes().values()) {
      if (!(r.to() instanceof Route.ToSubscription)) {
        Sink sink =
            r.to() instanceof Route.ToDestination to
                ? leading(leading.get(to.destination()), r)
                : leading(handling(tenant.id(), r, routing, handlingNow), r);
        if (sink != null) {
          String name = Routing.consumerOfRoute(r.id());
          plans.add(
              new Plan(
                  name,
                  name,
                  selections.of(r, routing),
                  sink,
                  r.concurrency(),
                  r.queue(),
                  r.priority(),
                  null));
        }
      }
    }
    handling.put(tenant.id(), handlingNow);
    if (sends != null && tenant.sends()) {
      plans.add(sends.plan(tenant.id()));
    }
    return plans;
  }

  private @Nullable Sink leading(@Nullable Sink sink, Route route) {
    return sink == null || route.replyWindows() == 0
        ? sink
        : new AnsweringSink(sink, route, answers);
  }

  /** The sink of a route to a handler: the one before, unless the route is another one now. */
  private @Nullable Sink handling(
      String tenant, Route route, Routing routing, Map<String, Handling> now) {
    Handling before = handling.getOrDefault(tenant, Map.of()).get(route.id());
    Handler made =
        route.to() instanceof Route.ToHandler to
            ? Handlers.make(route, to, routing, republish)
            : null;
    if (made == null) {
      LOG.warn("{}: the handler of route {} cannot be used", tenant, route.id());
      return null;
    }
    Handling same =
        before != null && before.route.equals(route)
            ? before
            : new Handling(route, new HandlerSink(made, clock, random));
    now.put(route.id(), same);
    return same.sink;
  }

  private Map<String, DestinationSink> sinksOf(String tenant, Routing routing) {
    Map<String, DestinationSink> known = sinks.computeIfAbsent(tenant, t -> new HashMap<>());
    Set<String> gone = new HashSet<>(known.keySet());
    for (Destination d : routing.destinations().values()) {
      gone.remove(d.id());
      DestinationSink sink = known.get(d.id());
      if (sink == null) {
        DestinationSink made =
            new DestinationSink(
                d,
                client,
                clock,
                random,
                event -> told(tenant, d.id(), event),
                state -> health.keep(tenant, d.id(), state));
        known.put(d.id(), made);
        health.read(tenant, d.id()).onSuccess(made::begin);
      } else {
        sink.update(d);
      }
    }
    for (String id : gone) {
      known.remove(id);
      health.forget(tenant, id);
    }
    return known;
  }

  private void told(String tenant, String destination, HealthEvent event) {
    metrics.count(Series.DESTINATION_EVENTS, event.topic().substring("sys.destination.".length()));
    notices.tell(tenant, event.topic(), destination, event.data(destination));
    if (event instanceof HealthEvent.Disabled disabled) {
      disabler
          .disable(tenant, destination, disabled.reason())
          .onFailure(
              e -> LOG.warn("{} of {} was not disabled: {}", destination, tenant, e.getMessage()));
    }
  }

  @Override
  public void forget(String tenant) {
    sinks.remove(tenant);
    handling.remove(tenant);
    if (sends != null) {
      sends.forget(tenant);
    }
  }
}
