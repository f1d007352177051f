package dev.hongyan.tenant.routing;

import org.jspecify.annotations.Nullable;

/**
 * Sends the messages that match to one target. Every route is a consumer of its own with a place in
 * the log, so none holds up another.
 *
 * @param id our name for it, unique among the tenant's routes
 * @param match topic pattern
 * @param to where to
 * @param concurrency messages of different subjects under way at once, 1 to 256
 * @param queue messages that may wait in memory, 1 to 10,000; beyond that the route lags in the log
 * @param priority 0 (last) to 9 (first) among the routes of its tenant
 * @param fallback true gets only what no other route of the tenant matches
 * @param replyWindows how many of WeChat's three tries wait for an answer; 0 for a route that
 *     answers nothing
 * @param filter a CEL expression over the event, or null
 */
public record Route(
    String id,
    String match,
    Target to,
    int concurrency,
    int queue,
    int priority,
    boolean fallback,
    int replyWindows,
    @Nullable String filter) {

  public static final int DEFAULT_CONCURRENCY = 8;
  public static final int DEFAULT_QUEUE = 1_000;
  public static final int DEFAULT_PRIORITY = 5;

  /** Where a route leads. */
  public sealed interface Target permits ToDestination, ToSubscription, ToHandler {}

  /** To the destination of that id. */
  public record ToDestination(String destination) implements Target {}

  /** To the durable or shared WebSocket subscription of that name. */
  public record ToSubscription(String subscription) implements Target {}

  /**
   * To code that runs in the owner.
   *
   * @param handler its name
   * @param with its settings, a JSON object as text
   */
  public record ToHandler(String handler, String with) implements Target {}
}
