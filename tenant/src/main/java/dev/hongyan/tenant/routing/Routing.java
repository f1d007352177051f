package dev.hongyan.tenant.routing;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * All of a tenant's routing.
 *
 * @param destinations by id
 * @param routes by id
 */
public record Routing(Map<String, Destination> destinations, Map<String, Route> routes) {
  public static final Routing NONE = new Routing(Map.of(), Map.of());

  /**
   * The consumer that a destination's own {@code topics} make, as it is called in the log's
   * cursors.
   */
  public static String consumerOfDestination(String destination) {
    return "destination:" + destination;
  }

  /** The consumer of a route. */
  public static String consumerOfRoute(String route) {
    return "route:" + route;
  }

  public Routing {
    destinations = Map.copyOf(destinations);
    routes = Map.copyOf(routes);
  }

  /** The names of all consumers: one for each route, one for each destination with topics. */
  public Set<String> consumers() {
    Set<String> consumers = new HashSet<>();
    for (Route route : routes.values()) {
      if (!(route.to() instanceof Route.ToSubscription)) { // that one walks the log itself
        consumers.add(consumerOfRoute(route.id()));
      }
    }
    for (Destination destination : destinations.values()) {
      if (!destination.topics().isEmpty()) {
        consumers.add(consumerOfDestination(destination.id()));
      }
    }
    return consumers;
  }

  /** With that destination, new or instead of the one of its id. */
  public Routing with(Destination destination) {
    Map<String, Destination> all = new HashMap<>(destinations);
    all.put(destination.id(), destination);
    return new Routing(all, routes);
  }

  /** With that route, new or instead of the one of its id. */
  public Routing with(Route route) {
    Map<String, Route> all = new HashMap<>(routes);
    all.put(route.id(), route);
    return new Routing(destinations, all);
  }

  public Routing withoutDestination(String id) {
    Map<String, Destination> all = new HashMap<>(destinations);
    all.remove(id);
    return new Routing(all, routes);
  }

  public Routing withoutRoute(String id) {
    Map<String, Route> all = new HashMap<>(routes);
    all.remove(id);
    return new Routing(destinations, all);
  }
}
