package dev.hongyan.tenant;

import io.vertx.core.json.JsonObject;

/**
 * What must hold for a change to be made. Asked with the present state at each attempt, inside the
 * compare-and-set: when it lets a change pass, nothing came between.
 */
@FunctionalInterface
public interface Precondition {
  /** Lets everything pass. */
  Precondition NONE = shown -> {};

  /**
   * Throws PRECONDITION_FAILED when the change must not be made.
   *
   * @param shown the tenant, account, destination or route as it would be answered now
   */
  void check(JsonObject shown);
}
