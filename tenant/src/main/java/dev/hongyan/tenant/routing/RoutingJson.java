package dev.hongyan.tenant.routing;

import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Destinations and routes as the admin API and the folder write them, and back. Readers throw
 * VALIDATION with every bad field at once; a message never repeats a value.
 */
public final class RoutingJson {
  /** Destinations a tenant may have. */
  public static final int DESTINATIONS_MAX = 200;

  /** Routes a tenant may have. */
  public static final int ROUTES_MAX = 500;

  /** Characters of JSON that all of a tenant's destinations and routes may take. */
  public static final int CHARS_MAX = 1 << 20;

  private static final String ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
  private static final int ID_LENGTH = 12;

  private RoutingJson() {}

  /**
   * A destination without its secret: {@code {"id","url","topics","concurrency","timeoutMs",
   * "retry","enabled","previousSecrets"?:[{"until"}],"disabled"?:{"reason","at"}}}.
   */
  public static JsonObject of(Destination destination) {
    return DestinationJson.open(destination);
  }

  /** A route as it is written; {@code fallback}, {@code reply}, {@code filter} only where set. */
  public static JsonObject of(Route route) {
    return RouteJson.of(route);
  }

  /** The fields of a destination that a caller may write, the secret too: never for an answer. */
  public static JsonObject writable(Destination destination) {
    return DestinationJson.writable(destination);
  }

  /** Reads a destination of the API, whose body has its id and secret. */
  public static Destination destination(JsonObject body, RoutingRules rules) {
    Form form = new Form(body);
    Destination read = DestinationJson.read(form, rules, DestinationJson.Writer.API);
    form.check();
    return read;
  }

  /**
   * Reads a route of the API, whose body has its id.
   *
   * @param destinations those it may lead to, by id
   */
  public static Route route(
      JsonObject body, RoutingRules rules, Map<String, Destination> destinations) {
    Form form = new Form(body);
    Route read = route(form, rules, destinations);
    form.check();
    return read;
  }

  /**
   * Reads {@code destinations} and {@code routes} of a file; what is wrong is noted in the form.
   */
  public static Routing file(Form form, RoutingRules rules) {
    Map<String, Destination> destinations = new LinkedHashMap<>();
    for (Form each : form.list("destinations")) {
      Destination d = DestinationJson.read(each, rules, DestinationJson.Writer.FILE);
      if (destinations.put(d.id(), d) != null && !d.id().isEmpty()) {
        each.wrong("id", "is there twice");
      }
    }
    Map<String, Route> routes = new LinkedHashMap<>();
    for (Form each : form.list("routes")) {
      Route route = route(each, rules, destinations);
      if (routes.put(route.id(), route) != null && !route.id().isEmpty()) {
        each.wrong("id", "is there twice");
      }
    }
    if (destinations.size() > DESTINATIONS_MAX) {
      form.wrong("destinations", "may hold at most " + DESTINATIONS_MAX);
    }
    if (routes.size() > ROUTES_MAX) {
      form.wrong("routes", "may hold at most " + ROUTES_MAX);
    }
    return destinations.isEmpty() && routes.isEmpty()
        ? Routing.NONE
        : new Routing(destinations, routes);
  }

  private static Route route(Form form, RoutingRules rules, Map<String, Destination> destinations) {
    Route route = RouteJson.read(form, rules, true);
    if (route.to() instanceof Route.ToDestination to
        && !to.destination().isEmpty()
        && !destinations.containsKey(to.destination())) {
      form.wrong("to.destination", "names no destination of this tenant");
    }
    return route;
  }

  /** Everything of the destinations, secrets too, for the store. */
  public static String storedDestinations(Routing routing) {
    JsonArray all = new JsonArray();
    routing.destinations().values().stream()
        .sorted(Comparator.comparing(Destination::id))
        .forEach(d -> all.add(DestinationJson.whole(d)));
    return all.encode();
  }

  /** The routes, for the store. */
  public static String storedRoutes(Routing routing) {
    JsonArray all = new JsonArray();
    routing.routes().values().stream()
        .sorted(Comparator.comparing(Route::id))
        .forEach(r -> all.add(RouteJson.of(r)));
    return all.encode();
  }

  /**
   * What the store holds, written by us.
   *
   * @param destinations of {@link #storedDestinations}, or null
   * @param routes of {@link #storedRoutes}, or null
   */
  public static Routing stored(@Nullable String destinations, @Nullable String routes) {
    if (destinations == null && routes == null) {
      return Routing.NONE;
    }
    JsonObject both = new JsonObject();
    both.put("destinations", destinations == null ? null : new JsonArray(destinations));
    both.put("routes", routes == null ? null : new JsonArray(routes));
    Form form = new Form(both);
    Map<String, Destination> readDestinations = new LinkedHashMap<>();
    for (Form each : form.list("destinations")) {
      Destination d = DestinationJson.read(each, RoutingRules.NONE, DestinationJson.Writer.STORE);
      readDestinations.put(d.id(), d);
    }
    Map<String, Route> readRoutes = new LinkedHashMap<>();
    for (Form each : form.list("routes")) {
      Route route = RouteJson.read(each, RoutingRules.NONE, false);
      readRoutes.put(route.id(), route);
    }
    form.check();
    return new Routing(readDestinations, readRoutes);
  }

  /** An id for something that came without one; beginning with {@code prefix}. */
  public static String newId(String prefix, RandomGenerator random) {
    StringBuilder id = new StringBuilder(prefix);
    for (int i = 0; i < ID_LENGTH; i++) {
      id.append(ID_LETTERS.charAt(random.nextInt(ID_LETTERS.length())));
    }
    return id.toString();
  }

  /** A signing secret of 32 random bytes. */
  public static Secret newSecret(RandomGenerator random) {
    return Secrets.make(random);
  }

  static String id(Form form) {
    String id = form.required("id", 63);
    if (!id.isEmpty() && !Keys.isId(id)) {
      form.wrong("id", "must be lower-case letters, digits and '-', at most 63, not '-' first");
    }
    return id;
  }
}
