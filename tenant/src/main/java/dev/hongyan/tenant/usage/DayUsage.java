package dev.hongyan.tenant.usage;

import dev.hongyan.observability.usage.Used;
import java.time.LocalDate;
import java.util.Map;

/**
 * What a tenant used on a day.
 *
 * @param day in UTC
 * @param counts those that are not 0
 * @param storageMessages messages in its log when it was last counted that day
 * @param storageBytes bytes that the log took in the store then
 */
public record DayUsage(
    LocalDate day, Map<Used, Long> counts, long storageMessages, long storageBytes) {
  public DayUsage {
    counts = Map.copyOf(counts);
  }

  public long of(Used kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Whether nothing is known of that day. */
  public boolean isEmpty() {
    return counts.isEmpty() && storageMessages == 0 && storageBytes == 0;
  }
}
