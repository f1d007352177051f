package dev.hongyan.gateway.session;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.topic.TopicPattern;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session asked for under a name: a {@link Walker} that reads the log itself, or a part in a
 * {@link SharedSubscription}, whose messages the tenant's owner hands out.
 */
abstract class Subscription {
  private final String name;
  private final byte[] nameBytes;
  private final Mode mode;
  private final List<TopicPattern> patterns;
  private final Session session;

  Subscription(String name, Mode mode, List<TopicPattern> patterns, Session session) {
    this.name = name;
    this.nameBytes = name.getBytes(StandardCharsets.UTF_8);
    this.mode = mode;
    this.patterns = patterns;
    this.session = session;
  }

  final String name() {
    return name;
  }

  final byte[] nameBytes() {
    return nameBytes;
  }

  final Mode mode() {
    return mode;
  }

  final List<TopicPattern> patterns() {
    return patterns;
  }

  final Session session() {
    return session;
  }

  /** What this tick sends, null for nothing; asking takes it out. */
  abstract Frames.@Nullable Delivery takeDelivery();

  /** Messages that were sent and are not acknowledged. */
  abstract int unacked();

  /** Whether it is known where reading begins. */
  abstract boolean hasBegun();

  /** The last place that was sent, or where reading began. */
  abstract Cursor lastSentCursor();
}
