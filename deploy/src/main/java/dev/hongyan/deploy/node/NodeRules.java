package dev.hongyan.deploy.node;

import dev.hongyan.gateway.admin.RoutingChecks;
import dev.hongyan.router.filter.EventFilter;
import dev.hongyan.router.plan.Handlers;
import dev.hongyan.tenant.routing.RoutingRules;

/** What a node takes and what it refuses, for those who ask without one too. */
public final class NodeRules {
  /** Of routes. */
  public static final RoutingRules ROUTING =
      new RoutingChecks(EventFilter::problemWith, Handlers::problemWith);

  private NodeRules() {}
}
