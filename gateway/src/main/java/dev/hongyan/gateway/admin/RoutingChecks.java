package dev.hongyan.gateway.admin;

import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.routing.RoutingRules;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the router knows about patterns, filters and handlers, for those who write routes. */
public final class RoutingChecks implements RoutingRules {
  private final Function<String, @Nullable String> filters;
  private final BiFunction<String, String, @Nullable String> handlers;

  /**
   * @param filters what is wrong with a filter, or null; any thread
   * @param handlers what is wrong with a handler of that name and its settings, or null; any thread
   */
  public RoutingChecks(
      Function<String, @Nullable String> filters,
      BiFunction<String, String, @Nullable String> handlers) {
    this.filters = filters;
    this.handlers = handlers;
  }

  @Override
  public @Nullable String problemWithPattern(String pattern) {
    return TopicPattern.problemWith(pattern);
  }

  @Override
  public @Nullable String problemWithFilter(String filter) {
    return filters.apply(filter);
  }

  @Override
  public @Nullable String problemWithHandler(String name, String with) {
    return handlers.apply(name, with);
  }
}
