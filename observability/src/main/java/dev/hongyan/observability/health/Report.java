package dev.hongyan.observability.health;

import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The health of this node at one moment.
 *
 * @param state the worst of the components, where a component that is not essential counts as
 *     degraded at most
 * @param components by name, in the order in which they were registered
 */
public record Report(Status.State state, Map<String, Component> components) {

  /**
   * One component's answer.
   *
   * @param latencyMs how long the check took, in milliseconds
   */
  public record Component(Status status, double latencyMs) {}

  public Report {
    components = Collections.unmodifiableMap(new LinkedHashMap<>(components));
  }

  /** {@code {"status":"up","components":{"store":{"status":"up","latencyMs":0.4}}}}. */
  public JsonObject toJson() {
    JsonObject all = new JsonObject();
    components.forEach(
        (name, component) -> {
          JsonObject one =
              new JsonObject()
                  .put("status", component.status().state().word())
                  .put("latencyMs", Math.round(component.latencyMs() * 1000) / 1000.0);
          if (!component.status().detail().isEmpty()) {
            one.put("detail", component.status().detail());
          }
          all.put(name, one);
        });
    return new JsonObject().put("status", state.word()).put("components", all);
  }
}
