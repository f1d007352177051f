package dev.hongyan.tenant.routing;

import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.routing.Route.Target;
import dev.hongyan.tenant.routing.Route.ToDestination;
import dev.hongyan.tenant.routing.Route.ToHandler;
import dev.hongyan.tenant.routing.Route.ToSubscription;
import io.vertx.core.json.JsonObject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Routes as JSON, in and out. */
final class RouteJson {
  private static final Set<String> FIELDS =
      Set.of(
          "id", "match", "to", "concurrency", "queue", "priority", "fallback", "reply", "filter");

  private static final int MATCH_CHARS_MAX = 512;
  private static final int NAME_CHARS_MAX = 128;
  private static final int WITH_CHARS_MAX = 4_096;
  private static final int FILTER_CHARS_MAX = 2_048;
  private static final int CONCURRENCY_MAX = 256;
  private static final int QUEUE_MAX = 10_000;
  private static final int PRIORITY_MAX = 9;
  private static final int WINDOWS_MAX = 3;

  private RouteJson() {}

  static JsonObject of(Route route) {
    JsonObject json =
        new JsonObject()
            .put("id", route.id())
            .put("match", route.match())
            .put("to", target(route.to()))
            .put("concurrency", route.concurrency())
            .put("queue", route.queue())
            .put("priority", route.priority());
    if (route.fallback()) {
      json.put("fallback", true);
    }
    if (route.replyWindows() == WINDOWS_MAX) {
      json.put("reply", true);
    } else if (route.replyWindows() > 0) {
      json.put("reply", new JsonObject().put("windows", route.replyWindows()));
    }
    return route.filter() == null ? json : json.put("filter", route.filter());
  }

  private static JsonObject target(Target to) {
    if (to instanceof ToDestination d) {
      return new JsonObject().put("destination", d.destination());
    }
    if (to instanceof ToSubscription s) {
      return new JsonObject().put("subscription", s.subscription());
    }
    if (to instanceof ToHandler h) {
      JsonObject with = new JsonObject(h.with());
      JsonObject json = new JsonObject().put("handler", h.handler());
      return with.isEmpty() ? json : json.put("with", with);
    }
    throw new IllegalStateException("a target of a kind that is not known here");
  }

  /**
   * Reads one, notes what is wrong in the form.
   *
   * @param strict false for what we wrote ourselves
   */
  static Route read(Form form, RoutingRules rules, boolean strict) {
    if (strict) {
      form.only(FIELDS);
    }
    String match = form.required("match", MATCH_CHARS_MAX);
    if (!match.isEmpty()) {
      note(form, "match", rules.problemWithPattern(match));
    }
    String filter = form.text("filter", FILTER_CHARS_MAX);
    if (filter != null) {
      note(form, "filter", rules.problemWithFilter(filter));
    }
    Long concurrency = form.number("concurrency", 1, CONCURRENCY_MAX);
    Long queue = form.number("queue", 1, QUEUE_MAX);
    Long priority = form.number("priority", 0, PRIORITY_MAX);
    Target to = target(form, rules, strict);
    if (to instanceof ToSubscription && filter != null) {
      form.wrong("filter", "is for destinations and handlers; a subscription is not filtered");
    }
    if (to instanceof ToSubscription && form.flag("fallback")) {
      form.wrong("fallback", "is for destinations and handlers");
    }
    return new Route(
        RoutingJson.id(form),
        match,
        to,
        concurrency == null ? Route.DEFAULT_CONCURRENCY : concurrency.intValue(),
        queue == null ? Route.DEFAULT_QUEUE : queue.intValue(),
        priority == null ? Route.DEFAULT_PRIORITY : priority.intValue(),
        form.flag("fallback"),
        windows(form),
        filter);
  }

  private static Target target(Form form, RoutingRules rules, boolean strict) {
    if (form.body().getValue("to") == null) {
      form.wrong("to", "is required");
    }
    Form to = form.inner("to");
    if (strict) {
      to.only(Set.of("destination", "subscription", "handler", "with"));
    }
    String destination = to.text("destination", NAME_CHARS_MAX);
    String subscription = to.text("subscription", NAME_CHARS_MAX);
    String handler = to.text("handler", NAME_CHARS_MAX);
    int named = 0;
    for (String kind : new String[] {"destination", "subscription", "handler"}) {
      named += to.body().getValue(kind) == null ? 0 : 1;
    }
    if (named != 1 && form.body().getValue("to") instanceof JsonObject) {
      form.wrong("to", "must name one of destination, subscription, handler; null takes one away");
    }
    if (handler != null) {
      return new ToHandler(handler, with(to, handler, rules));
    }
    if (to.body().getValue("with") != null) {
      to.wrong("with", "is for handlers only");
    }
    return subscription != null
        ? new ToSubscription(subscription)
        : new ToDestination(destination == null ? "" : destination);
  }

  private static String with(Form to, String handler, RoutingRules rules) {
    String with = to.inner("with").body().encode();
    if (with.length() > WITH_CHARS_MAX) {
      to.wrong("with", "must be at most " + WITH_CHARS_MAX + " characters of JSON");
    } else {
      note(to, "handler", rules.problemWithHandler(handler, with));
    }
    return with;
  }

  private static int windows(Form form) {
    if (!(form.body().getValue("reply") instanceof JsonObject)) {
      return form.flag("reply") ? WINDOWS_MAX : 0;
    }
    Form reply = form.inner("reply");
    reply.only(Set.of("windows"));
    if (reply.body().getValue("windows") == null) {
      reply.wrong("windows", "is required");
    }
    Long windows = reply.number("windows", 1, WINDOWS_MAX);
    return windows == null ? 0 : windows.intValue();
  }

  private static void note(Form form, String field, @Nullable String problem) {
    if (problem != null) {
      form.wrong(field, problem);
    }
  }
}
