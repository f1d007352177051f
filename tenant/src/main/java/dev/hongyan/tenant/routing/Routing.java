package dev.hongyan.tenant.routing;

import java.util.Map;

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
}
