package dev.hongyan.gateway.reply;

import dev.hongyan.router.consume.Selection;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.plan.Selections;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Routing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which messages of a tenant wait for an answer, and how long. Topics are remembered, so asking
 * costs one look-up; a filter is asked only where the topic fits. For one thread.
 */
public final class ReplyRoutes {
  private static final int REMEMBERED_MAX = 1_024;

  private final List<Waiting> routes;
  private final Map<String, List<Waiting>> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<Waiting>> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private record Waiting(Selection selection, int windows) {}

  /** The reply routes of a tenant, as it is configured now. */
  public ReplyRoutes(Tenant tenant) {
    Routing routing = tenant.routing();
    Selections selections = new Selections(() -> {});
    List<Waiting> found = new ArrayList<>(0);
    for (Route route : routing.routes().values()) {
      if (route.replyWindows() > 0 && leadsSomewhere(route, routing)) {
        Selection selection = selections.of(routing, Routing.consumerOfRoute(route.id()));
        if (selection != null) {
          found.add(new Waiting(selection, route.replyWindows()));
        }
      }
    }
    routes = List.copyOf(found);
  }

  /** Whether messages of this topic may wait; false for all is the usual case. */
  public boolean mayWait(String topic) {
    return !routes.isEmpty() && !ofTopic(topic).isEmpty();
  }

  /** How many of WeChat's tries wait for an answer to this message; 0 for none. */
  public int windows(LogEntry message) {
    int most = 0;
    if (!routes.isEmpty()) {
      for (Waiting route : ofTopic(message.topic())) {
        if (route.windows > most && route.selection.takes(message)) {
          most = route.windows;
        }
      }
    }
    return most;
  }

  private List<Waiting> ofTopic(String topic) {
    List<Waiting> known = remembered.get(topic);
    if (known == null) {
      known = routes.stream().filter(r -> r.selection.takesTopic(topic)).toList();
      remembered.put(topic, known);
    }
    return known;
  }

  /** Nobody is to wait for a destination that gets nothing. */
  private static boolean leadsSomewhere(Route route, Routing routing) {
    if (route.to() instanceof Route.ToDestination to) {
      Destination destination = routing.destinations().get(to.destination());
      return destination != null && destination.enabled();
    }
    return true;
  }
}
