package dev.hongyan.router.consume;

import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which messages are for a consumer: by topic, which is remembered, and then by what only the
 * message itself tells. For one thread.
 */
public final class Selection {
  private static final int REMEMBERED = 1_024;

  private final Predicate<String> byTopic;
  private final Predicate<LogEntry> further;
  private final Map<String, Boolean> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private Selection(Predicate<String> byTopic, Predicate<LogEntry> further) {
    this.byTopic = byTopic;
    this.further = further;
  }

  /** What any of the patterns takes. */
  public static Selection of(List<TopicPattern> patterns) {
    return new Selection(topic -> patterns.stream().anyMatch(p -> p.matches(topic)), entry -> true);
  }

  /** What none of the others takes. */
  public Selection unless(Predicate<String> topicOfOthers) {
    return new Selection(t -> byTopic.test(t) && !topicOfOthers.test(t), further);
  }

  /** What passes this filter, too. */
  public Selection and(Predicate<LogEntry> filter) {
    return new Selection(byTopic, further.and(filter));
  }

  /** Whether it is for the consumer. */
  public boolean takes(LogEntry entry) {
    return takesTopic(entry.topic()) && further.test(entry);
  }

  /** Whether messages of this topic may be for the consumer. */
  public boolean takesTopic(String topic) {
    Boolean known = remembered.get(topic);
    if (known == null) {
      known = byTopic.test(topic);
      remembered.put(topic, known);
    }
    return known;
  }
}
