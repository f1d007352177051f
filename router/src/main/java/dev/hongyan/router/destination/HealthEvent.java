package dev.hongyan.router.destination;

import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** What the tenant is told about a destination, as a message of the platform's own. */
public sealed interface HealthEvent {

  /** The message's topic, {@code sys.destination.…}. */
  String topic();

  /** The message's data. */
  JsonObject data(String destination);

  /**
   * Many attempts fail.
   *
   * @param level 50, 70, 90 or 100 percent of the last ones; each is told once on the way up
   * @param sinceMillis the first failure after the last success
   */
  record Failing(int level, long sinceMillis) implements HealthEvent {
    @Override
    public String topic() {
      return "sys.destination.failing";
    }

    @Override
    public JsonObject data(String destination) {
      return about(destination).put("level", level).put("since", rfc3339(sinceMillis));
    }
  }

  /** Attempts succeed again after a {@link Failing}. */
  record Recovered() implements HealthEvent {
    @Override
    public String topic() {
      return "sys.destination.recovered";
    }

    @Override
    public JsonObject data(String destination) {
      return about(destination);
    }
  }

  /**
   * Nothing more is to be sent; whoever gets this disables the destination.
   *
   * @param reason {@code gone}, {@code asked} or {@code failing}
   */
  record Disabled(String reason) implements HealthEvent {
    @Override
    public String topic() {
      return "sys.destination.disabled";
    }

    @Override
    public JsonObject data(String destination) {
      return about(destination).put("reason", reason);
    }
  }

  private static JsonObject about(String destination) {
    return new JsonObject().put("destination", destination);
  }

  private static String rfc3339(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
