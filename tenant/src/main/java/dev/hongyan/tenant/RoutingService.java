package dev.hongyan.tenant;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.TenantService.Page;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditLog;
import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Route.ToDestination;
import dev.hongyan.tenant.routing.Routing;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Creates, changes and deletes the destinations and routes of tenants. Bodies are those of the
 * admin API; a change is durable, as {@link TenantService} says, and the place of a new consumer in
 * the log is there before it is.
 *
 * <p>Fails with VALIDATION (all bad fields at once), CONFLICT (the id is taken, the limit is
 * reached, or a destination is still named by routes), TOO_LARGE, NOT_FOUND or STORE_UNAVAILABLE.
 */
public final class RoutingService {
  private static final Duration OVERLAP_DEFAULT = Duration.ofDays(1);
  private static final Duration OVERLAP_MAX = Duration.ofDays(30);

  /** Routes that a refusal names. */
  private static final int NAMED_MAX = 5;

  private final TenantService tenants;
  private final RoutingRules rules;
  private final Clock clock;
  private final RandomGenerator random;

  /**
   * @param random for secrets and ids, so a secure one
   */
  RoutingService(TenantService tenants, RoutingRules rules, Clock clock, RandomGenerator random) {
    this.tenants = tenants;
    this.rules = rules;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A destination that was just written.
   *
   * @param secret the secret if it was made here, to be shown this once; else null
   */
  public record Made(Destination destination, @Nullable Secret secret) {}

  /** What is asked about patterns, filters and handlers. */
  public RoutingRules rules() {
    return rules;
  }

  /** Makes a destination; an id and a secret that are missing are made. */
  public Future<Made> createDestination(String tenant, JsonObject body) {
    Secret fresh = body.getValue("secret") == null ? RoutingJson.newSecret(random) : null;
    JsonObject whole = withId(body, "d-");
    if (fresh != null) {
      whole.put("secret", fresh.reveal());
    }
    return TenantService.checked(() -> RoutingJson.destination(whole, rules))
        .compose(
            destination ->
                change(
                        tenant,
                        routing -> {
                          isFree(
                              routing.destinations().keySet(),
                              destination.id(),
                              RoutingJson.DESTINATIONS_MAX);
                          withinQuota(tenant, routing.destinations().size());
                          return routing.with(destination);
                        })
                    .map(new Made(destination, fresh)));
  }

  /** Throws VALIDATION when no destination can be made of this. */
  public void checkDestination(JsonObject body) {
    JsonObject whole = withId(body, "d-");
    if (whole.getValue("secret") == null) {
      whole.put("secret", RoutingJson.newSecret(random).reveal());
    }
    Destination unused = RoutingJson.destination(whole, rules);
  }

  /** Throws VALIDATION when no route of that tenant can be made of this. */
  public void checkRoute(String tenant, JsonObject body) {
    Tenant there = tenants.directory().find(tenant);
    Route unused =
        RoutingJson.route(
            withId(body, "r-"), rules, there == null ? Map.of() : there.routing().destinations());
  }

  /** Destinations in the order of their ids. */
  public Future<Page<Destination>> listDestinations(
      String tenant, @Nullable String after, int limit) {
    return tenants
        .read(tenant)
        .map(t -> TenantService.page(t.routing().destinations(), after, limit));
  }

  public Future<Destination> readDestination(String tenant, String id) {
    return tenants.read(tenant).map(t -> destination(t.routing(), id));
  }

  /**
   * Changes a destination by JSON merge patch. A new {@code secret} takes the place of the present
   * one at once; {@code "enabled": true} forgets why the platform switched it off.
   */
  public Future<Destination> patchDestination(String tenant, String id, JsonObject patch) {
    return patchDestination(tenant, id, patch, Precondition.NONE);
  }

  /** The same, if the destination is as it should be. */
  public Future<Destination> patchDestination(
      String tenant, String id, JsonObject patch, Precondition when) {
    return change(
            tenant,
            routing -> {
              Destination before = destination(routing, id);
              when.check(RoutingJson.of(before));
              JsonObject merged = MergePatch.apply(RoutingJson.writable(before), patch);
              TenantService.sameId(id, merged);
              return routing.with(before.changed(RoutingJson.destination(merged, rules)));
            })
        .map(routing -> destination(routing, id));
  }

  public Future<Void> deleteDestination(String tenant, String id) {
    return deleteDestination(tenant, id, Precondition.NONE);
  }

  /** The same, if the destination is as it should be. */
  public Future<Void> deleteDestination(String tenant, String id, Precondition when) {
    return change(
            tenant,
            routing -> {
              Destination there = destination(routing, id);
              when.check(RoutingJson.of(there));
              List<String> named = routesTo(routing, there.id());
              if (!named.isEmpty()) {
                throw Problem.CONFLICT.because(
                    "Routes lead to this destination: "
                        + String.join(", ", named.subList(0, Math.min(NAMED_MAX, named.size())))
                        + (named.size() > NAMED_MAX ? ", …" : ""));
              }
              return routing.withoutDestination(id);
            })
        .mapEmpty();
  }

  /**
   * Gives a destination a new secret.
   *
   * @param body {@code {"overlapSeconds"}}: for how long the former one signs too; default a day,
   *     at most 30; 0 ends all former ones at once
   */
  public Future<Made> rotateSecret(String tenant, String id, JsonObject body) {
    Secret fresh = RoutingJson.newSecret(random);
    return TenantService.checked(() -> overlap(body))
        .compose(
            overlap ->
                changeDestination(tenant, id, d -> d.rotated(fresh, overlap, clock.wallMillis())))
        .map(rotated -> new Made(rotated, fresh));
  }

  /**
   * Switches a destination off on the platform's behalf, until somebody sets {@code enabled}. One
   * that is switched off already stays as it is.
   *
   * @param reason as in {@link Destination.Disabled}
   */
  public Future<Destination> disableDestination(String tenant, String id, String reason) {
    Tenant before = tenants.directory().find(tenant);
    return changeDestination(tenant, id, d -> d.switchedOff(reason, clock.wallMillis()))
        .onSuccess(
            off -> {
              JsonArray changes = TenantChanges.between(before, tenants.directory().find(tenant));
              if (!changes.isEmpty()) {
                var unused =
                    tenants
                        .audit()
                        .record(
                            tenant,
                            AuditDraft.inside(
                                AuditDraft.SYSTEM,
                                "destination.disable",
                                new JsonObject().put("destination", id)),
                            AuditLog.DONE,
                            changes);
              }
            });
  }

  /** Makes a route; an id that is missing is made. */
  public Future<Route> createRoute(String tenant, JsonObject body) {
    JsonObject whole = withId(body, "r-");
    return change(
            tenant,
            routing -> {
              Route route = RoutingJson.route(whole, rules, routing.destinations());
              isFree(routing.routes().keySet(), route.id(), RoutingJson.ROUTES_MAX);
              return routing.with(route);
            })
        .map(routing -> route(routing, whole.getString("id")));
  }

  /** Routes in the order of their ids. */
  public Future<Page<Route>> listRoutes(String tenant, @Nullable String after, int limit) {
    return tenants.read(tenant).map(t -> TenantService.page(t.routing().routes(), after, limit));
  }

  public Future<Route> readRoute(String tenant, String id) {
    return tenants.read(tenant).map(t -> route(t.routing(), id));
  }

  /** Changes a route by JSON merge patch. It goes on from its place in the log. */
  public Future<Route> patchRoute(String tenant, String id, JsonObject patch) {
    return patchRoute(tenant, id, patch, Precondition.NONE);
  }

  /** The same, if the route is as it should be. */
  public Future<Route> patchRoute(String tenant, String id, JsonObject patch, Precondition when) {
    return change(
            tenant,
            routing -> {
              JsonObject before = RoutingJson.of(route(routing, id));
              when.check(before);
              JsonObject merged = MergePatch.apply(before, patch);
              TenantService.sameId(id, merged);
              return routing.with(RoutingJson.route(merged, rules, routing.destinations()));
            })
        .map(routing -> route(routing, id));
  }

  public Future<Void> deleteRoute(String tenant, String id) {
    return deleteRoute(tenant, id, Precondition.NONE);
  }

  /** The same, if the route is as it should be. */
  public Future<Void> deleteRoute(String tenant, String id, Precondition when) {
    return change(
            tenant,
            routing -> {
              Route there = route(routing, id);
              when.check(RoutingJson.of(there));
              return routing.withoutRoute(there.id());
            })
        .mapEmpty();
  }

  private Future<Destination> changeDestination(
      String tenant, String id, UnaryOperator<Destination> to) {
    return change(
            tenant,
            routing -> {
              Destination before = destination(routing, id);
              Destination after = to.apply(before);
              return after == before ? routing : routing.with(after);
            })
        .map(routing -> destination(routing, id));
  }

  private Future<Routing> change(String tenant, UnaryOperator<Routing> to) {
    return tenants
        .change(
            tenant,
            t -> {
              Routing after = to.apply(t.routing());
              if (after == t.routing()) {
                return t;
              }
              fits(after);
              return t.withRouting(after);
            })
        .map(Tenant::routing);
  }

  /** A tenant is written and followed as a whole, so the whole must stay small. */
  private static void fits(Routing routing) {
    int chars =
        RoutingJson.storedDestinations(routing).length()
            + RoutingJson.storedRoutes(routing).length();
    if (chars > RoutingJson.CHARS_MAX) {
      throw Problem.TOO_LARGE.because(
          "All destinations and routes of a tenant may take "
              + RoutingJson.CHARS_MAX
              + " characters of JSON");
    }
  }

  private JsonObject withId(JsonObject body, String prefix) {
    JsonObject whole = body.copy();
    return whole.getValue("id") == null
        ? whole.put("id", RoutingJson.newId(prefix, random))
        : whole;
  }

  private static void isFree(Set<String> taken, String id, int max) {
    if (taken.contains(id)) {
      throw Problem.CONFLICT.because("This id is taken");
    }
    if (taken.size() >= max) {
      throw Problem.CONFLICT.because("There are " + max + ", and there may be no more");
    }
  }

  private void withinQuota(String tenant, int destinations) {
    Long max = tenants.directory().quotas().of(tenant).max().destinations();
    if (max != null && destinations >= max) {
      throw tenants
          .directory()
          .quotas()
          .exceeded(tenant, "destinations", "This tenant may have " + max + " destinations");
    }
  }

  private static List<String> routesTo(Routing routing, String destination) {
    return routing.routes().values().stream()
        .filter(r -> r.to() instanceof ToDestination to && to.destination().equals(destination))
        .map(Route::id)
        .sorted()
        .toList();
  }

  private static Duration overlap(JsonObject body) {
    Form form = new Form(body);
    form.only(Set.of("overlapSeconds"));
    Long seconds = form.number("overlapSeconds", 0, OVERLAP_MAX.toSeconds());
    form.check();
    return seconds == null ? OVERLAP_DEFAULT : Duration.ofSeconds(seconds);
  }

  private static Destination destination(Routing routing, String id) {
    Destination found = routing.destinations().get(id);
    if (found == null) {
      throw Problem.NOT_FOUND.because("There is no such destination");
    }
    return found;
  }

  private static Route route(Routing routing, String id) {
    Route found = routing.routes().get(id);
    if (found == null) {
      throw Problem.NOT_FOUND.because("There is no such route");
    }
    return found;
  }
}
