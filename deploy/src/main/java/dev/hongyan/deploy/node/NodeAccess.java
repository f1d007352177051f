package dev.hongyan.deploy.node;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.access.Permits;
import dev.hongyan.gateway.access.Refusals;
import dev.hongyan.gateway.access.Tokens;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.destination.GuardedGet;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.access.AccessEvents;
import dev.hongyan.tenant.access.ApiKeys;
import io.vertx.core.Vertx;

/**
 * Who may come in at this node's doors: what its event loops share, and what each has of its own.
 */
final class NodeAccess {
  private final Vertx vertx;
  private final Clock clock;
  private final ControlVerticle control;
  private final boolean allowPrivate;
  private final Refusals refusals;

  /**
   * @param allowPrivate whether keys of issuers may be behind private addresses
   * @param events hears of keys and tokens that are not good
   */
  NodeAccess(
      Vertx vertx,
      Clock clock,
      ControlVerticle control,
      boolean allowPrivate,
      AccessEvents events,
      Metrics metrics) {
    this.vertx = vertx;
    this.clock = clock;
    this.control = control;
    this.allowPrivate = allowPrivate;
    this.refusals = new Refusals(events, metrics);
  }

  Refusals refusals() {
    return refusals;
  }

  /** What checks JWTs on the event loop that calls. */
  Tokens tokens() {
    return new Tokens(
        control.tokens(),
        control.tenants().access()::find,
        new GuardedGet(vertx, clock, allowPrivate),
        clock);
  }

  /** The API keys as an event loop sees them. */
  ApiKeys keys(GatewayVerticle.Loop loop) {
    return new ApiKeys(loop.link(), clock, control.keyLedger());
  }

  /** Who sends requests to the doors of an event loop. */
  Identity identity(GatewayVerticle.Loop loop, ApiKeys keys) {
    return new Identity(control.operator(), keys, loop.tokens(), clock, refusals);
  }

  /** Whether a tenant exists and is not suspended. */
  boolean isServed(String tenant) {
    Tenant found = control.directory().find(tenant);
    return found != null && !found.suspended();
  }

  Permits permits() {
    return new Permits(control.tenants().access()::find);
  }
}
