package dev.hongyan.router.consume;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has happened to a consumer's messages and the store does not know yet. */
final class Effects {
  /** Parked, or parked with other attempts than before. */
  final Map<String, Work> puts = new LinkedHashMap<>(2);

  /** Parked no longer. */
  final Set<String> removes = new LinkedHashSet<>(2);

  final List<Dead> dead = new ArrayList<>(0);

  /** Messages that were put back, by the name under which they waited to be taken. */
  final List<String> taken = new ArrayList<>(0);

  /** A message that was given up. */
  record Dead(Work work, String consumer, String reason, int attempts, String lastError) {}

  void put(Work work) {
    puts.put(work.id, work);
  }

  void remove(String id) {
    puts.remove(id);
    removes.add(id);
  }

  /** These first and then those: as if they had been one all along. */
  Effects then(Effects later) {
    Effects both = new Effects();
    both.puts.putAll(puts);
    both.removes.addAll(removes);
    later.removes.forEach(both::remove);
    both.puts.putAll(later.puts);
    both.removes.removeAll(later.puts.keySet());
    both.dead.addAll(dead);
    both.dead.addAll(later.dead);
    both.taken.addAll(taken);
    both.taken.addAll(later.taken);
    return both;
  }
}
