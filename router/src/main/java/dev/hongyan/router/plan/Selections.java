package dev.hongyan.router.plan;

import dev.hongyan.router.consume.Selection;
import dev.hongyan.router.filter.EventFilter;
import dev.hongyan.router.filter.FilterException;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.send.SendSinks;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Routing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which messages each of a tenant's consumers gets. Keeps compiled filters for the next time. For
 * one thread.
 */
public final class Selections {
  private static final Logger LOG = LoggerFactory.getLogger(Selections.class);
  private static final int FILTERS_KEPT = 1_000;

  private final Runnable filterFailed;
  private final Map<String, EventFilter> filters =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, EventFilter> eldest) {
          return size() > FILTERS_KEPT;
        }
      };

  /**
   * @param filterFailed called when a filter cannot say anything about a message
   */
  public Selections(Runnable filterFailed) {
    this.filterFailed = filterFailed;
  }

  /** What a consumer gets; null when the tenant has none of that name. */
  public @Nullable Selection of(Routing routing, String consumer) {
    if (consumer.equals(Tenant.SENDS)) {
      return SendSinks.selection();
    }
    for (Destination d : routing.destinations().values()) {
      if (!d.topics().isEmpty() && consumer.equals(Routing.consumerOfDestination(d.id()))) {
        return of(d);
      }
    }
    for (Route r : routing.routes().values()) {
      if (consumer.equals(Routing.consumerOfRoute(r.id()))) {
        return of(r, routing);
      }
    }
    return null;
  }

  Selection of(Destination destination) {
    return Selection.of(patterns(destination.topics()));
  }

  Selection of(Route route, Routing routing) {
    Selection all = Selection.of(patterns(List.of(route.match())));
    Selection some = route.fallback() ? all.unless(otherwiseMatched(routing)) : all;
    String filter = route.filter();
    return filter == null ? some : some.and(filter(filter));
  }

  /** What some route that is no fallback takes, filters aside. */
  private static Predicate<String> otherwiseMatched(Routing routing) {
    List<String> others = new ArrayList<>();
    routing.destinations().values().forEach(d -> others.addAll(d.topics()));
    for (Route r : routing.routes().values()) {
      if (!r.fallback()) {
        others.add(r.match());
      }
    }
    List<TopicPattern> patterns = patterns(others);
    return topic -> patterns.stream().anyMatch(p -> p.matches(topic));
  }

  private static List<TopicPattern> patterns(List<String> texts) {
    return texts.stream().map(TopicPattern::parse).toList();
  }

  /** A filter that cannot be read lets nothing pass; it was checked when it was written. */
  private Predicate<LogEntry> filter(String expression) {
    EventFilter compiled = filters.get(expression);
    if (compiled == null) {
      try {
        compiled = EventFilter.compile(expression);
      } catch (FilterException e) {
        LOG.warn("a filter cannot be read: {}", e.getMessage());
        return entry -> false;
      }
      filters.put(expression, compiled);
    }
    EventFilter found = compiled;
    return entry -> {
      EventFilter.Verdict verdict = found.test(entry.event());
      if (verdict == EventFilter.Verdict.FAILED) {
        filterFailed.run();
      }
      return verdict == EventFilter.Verdict.PASSES;
    };
  }
}
