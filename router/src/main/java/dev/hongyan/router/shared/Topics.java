package dev.hongyan.router.shared;

import dev.hongyan.router.topic.TopicPattern;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the members of a queue take together. Most often all take the same, and then nothing is
 * asked per member.
 */
final class Topics {
  private static final int LEFT_MAX = 64;

  private final long lingerNanos;
  private final Map<Set<TopicPattern>, Integer> present = new HashMap<>();
  private final ArrayDeque<Left> left = new ArrayDeque<>();
  private boolean mixed;

  private record Left(Set<TopicPattern> topics, long untilNanos) {}

  Topics(long lingerNanos) {
    this.lingerNanos = lingerNanos;
  }

  void came(Member m) {
    present.merge(m.topics(), 1, Integer::sum);
    left.removeIf(l -> l.topics.equals(m.topics()));
    mixed |= present.size() + left.size() > 1;
  }

  /** Its topics linger, unless another one takes the same. */
  void left(Member m, long now) {
    if (present.merge(m.topics(), -1, Integer::sum) == 0) {
      present.remove(m.topics());
      if (left.size() == LEFT_MAX) {
        left.remove();
      }
      left.add(new Left(m.topics(), now + lingerNanos));
      mixed |= present.size() + left.size() > 1;
    }
  }

  /** Forgets topics of members that left long ago; true when there were any. */
  boolean forgetLeft(long now) {
    boolean any = false;
    while (!left.isEmpty() && left.element().untilNanos - now <= 0) {
      left.remove();
      any = true;
    }
    return any;
  }

  /** When {@link #forgetLeft} has something to do. */
  long nextForget() {
    return left.isEmpty() ? Long.MAX_VALUE : left.element().untilNanos;
  }

  boolean wanted(String topic) {
    for (Set<TopicPattern> topics : present.keySet()) {
      if (matches(topics, topic)) {
        return true;
      }
    }
    for (Left l : left) {
      if (matches(l.topics, topic)) {
        return true;
      }
    }
    return false;
  }

  /** The queue is empty: what members took before is of no matter any more. */
  void nothingIsHere() {
    mixed = present.size() + left.size() > 1;
  }

  /** Whether all members take the same, and everything that is in the queue. */
  boolean areUniform() {
    return !mixed;
  }

  boolean takes(Member m, String topic) {
    return areUniform() || matches(m.topics(), topic);
  }

  private static boolean matches(Set<TopicPattern> topics, String topic) {
    for (TopicPattern p : topics) {
      if (p.matches(topic)) {
        return true;
      }
    }
    return false;
  }
}
