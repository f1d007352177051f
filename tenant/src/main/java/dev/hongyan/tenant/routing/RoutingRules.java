package dev.hongyan.tenant.routing;

import org.jspecify.annotations.Nullable;

/**
 * What only others can check about a route: each says what is wrong, as a text that goes on after
 * the field's name, or null when nothing is. Called from any thread; messages are shown to the
 * caller.
 */
public interface RoutingRules {
  /** Finds nothing wrong: for what was checked when it was written. */
  RoutingRules NONE =
      new RoutingRules() {
        @Override
        public @Nullable String problemWithPattern(String pattern) {
          return null;
        }

        @Override
        public @Nullable String problemWithFilter(String filter) {
          return null;
        }

        @Override
        public @Nullable String problemWithHandler(String name, String with) {
          return null;
        }
      };

  /** About a topic pattern. */
  @Nullable String problemWithPattern(String pattern);

  /** About a CEL expression over the event, at most 2,048 characters. */
  @Nullable String problemWithFilter(String filter);

  /**
   * About a handler and its settings.
   *
   * @param with a JSON object as text, at most 4,096 characters
   */
  @Nullable String problemWithHandler(String name, String with);
}
