package dev.hongyan.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A message to publish.
 *
 * @param topic under {@code app.}
 * @param data maps, lists, strings, numbers, booleans, null
 * @param delay before it is delivered, or null
 * @param ttl after which it is useless, or null
 */
public record Publish(
    String topic,
    @Nullable String subject,
    @Nullable Object data,
    @Nullable Duration delay,
    @Nullable Duration ttl) {
  public static Publish of(String topic, @Nullable String subject, @Nullable Object data) {
    return new Publish(topic, subject, data, null, null);
  }
}
