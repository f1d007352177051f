package dev.hongyan.router.plan;

import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.router.topic.Topics;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that come with the platform: {@code republish} with {@code {"topic":"app.…"}}, and
 * {@code reply} with {@code {"message":{"type":"text","content":"…"}}} (see {@link AutoReply}).
 */
public final class Handlers {
  static final String REPUBLISH = "republish";
  static final String REPLY = "reply";
  private static final String OURS = "app.";

  private Handlers() {}

  /**
   * Says what is wrong with a handler's name or settings, as a text that goes on after the field's
   * name; null when nothing is.
   */
  public static @Nullable String problemWith(String name, String with) {
    if (!name.equals(REPUBLISH) && !name.equals(REPLY)) {
      return "is not known; there are " + REPUBLISH + " and " + REPLY;
    }
    try {
      JsonObject settings = new JsonObject(with);
      if (name.equals(REPLY)) {
        return AutoReply.problemWith(settings);
      }
      String topic = settings.getValue("topic") instanceof String t ? t : "";
      String problem = Topics.problemWith(topic);
      if (problem != null || !topic.startsWith(OURS)) {
        return "needs {\"topic\":\"app.…\"}";
      }
      return settings.fieldNames().equals(Set.of("topic")) ? null : "knows only topic";
    } catch (DecodeException e) {
      return "needs a JSON object";
    }
  }

  /** The handler of a route; null when there is none of that name, or it would feed itself. */
  static @Nullable Handler make(
      Route route, Route.ToHandler to, Routing all, Republish.Tools tools) {
    if (problemWith(to.handler(), to.with()) != null) {
      return null;
    }
    JsonObject settings = new JsonObject(to.with());
    if (to.handler().equals(REPLY)) {
      return new AutoReply(settings);
    }
    String topic = settings.getString("topic");
    // What is republished is never republished: no message can go round for ever.
    for (Route other : all.routes().values()) {
      if (other.to() instanceof Route.ToHandler h
          && h.handler().equals(REPUBLISH)
          && TopicPattern.parse(other.match()).matches(topic)) {
        return null;
      }
    }
    return new Republish(route.id(), topic, tools);
  }
}
