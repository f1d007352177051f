package dev.hongyan.gateway.publish;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.router.topic.Topics;
import org.jspecify.annotations.Nullable;

/**
 * What tenants may publish themselves: topics under {@code app.}, any JSON as data. The API and the
 * WebSocket agree on this.
 */
public final class Publishing {
  private static final int SUBJECT_MAX = 256;
  private static final int DEPTH_MAX = 100;

  private Publishing() {}

  /** Says what is wrong, or null when nothing is. */
  public static @Nullable String problemWith(
      @Nullable String topic, @Nullable String subject, @Nullable JsonNode data) {
    if (topic == null || !topic.startsWith("app.")) {
      return "topic begins with app.";
    }
    String problem = Topics.problemWith(topic);
    if (problem != null) {
      return "topic " + problem;
    }
    if (subject != null) {
      if (subject.isEmpty() || subject.length() > SUBJECT_MAX) {
        return "subject has 1 to " + SUBJECT_MAX + " characters";
      }
      for (int i = 0; i < subject.length(); i++) {
        if (subject.charAt(i) < ' ' || subject.charAt(i) == 0x7f) {
          return "subject has a control character";
        }
      }
    }
    if (data == null) {
      return "data is needed";
    }
    return isDeeper(data, DEPTH_MAX) ? "data is nested more than " + DEPTH_MAX + " deep" : null;
  }

  /** Readers of the event must not choke on what a publisher nested. */
  private static boolean isDeeper(JsonNode node, int levels) {
    if (!node.isContainerNode()) {
      return false;
    }
    if (levels == 0) {
      return true;
    }
    for (JsonNode child : node) {
      if (isDeeper(child, levels - 1)) {
        return true;
      }
    }
    return false;
  }
}
