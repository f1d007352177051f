package dev.hongyan.client;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last outcomes by cursor, a bounded number: recognises a message that comes again. */
final class Recent {
  private final Map<String, Outcome> outcomes;

  Recent(int limit) {
    outcomes =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Outcome> eldest) {
            return size() > limit;
          }
        };
  }

  void add(String cursor, Outcome outcome) {
    outcomes.put(cursor, outcome);
  }

  @Nullable Outcome get(String cursor) {
    return outcomes.get(cursor);
  }
}
