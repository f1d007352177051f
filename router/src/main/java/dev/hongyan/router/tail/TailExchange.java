package dev.hongyan.router.tail;

import dev.hongyan.router.log.LogEntry;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Where the event loops of one process tell each other what was appended: entries go by reference
 * to every loop that watches their tenant, and cost nothing to those that do not. Thread-safe. What
 * is told here is a hint; a loop that misses it reads the log.
 */
public final class TailExchange {
  private final CopyOnWriteArrayList<TailFeed> feeds = new CopyOnWriteArrayList<>();

  private final Set<String> active = ConcurrentHashMap.newKeySet();

  void join(TailFeed feed) {
    feeds.add(feed);
  }

  void leave(TailFeed feed) {
    feeds.remove(feed);
  }

  /** New entries of one tenant, in order, from the loop of {@code from}. */
  void tell(TailFeed from, List<LogEntry> entries) {
    active.add(entries.get(0).tenant());
    for (TailFeed feed : feeds) {
      if (feed != from && feed.isWatching(entries.get(0).tenant())) {
        feed.hear(entries);
      }
    }
  }

  /** Another process says that a tenant's log has grown up to {@code head}. */
  public void hint(String tenant, long head) {
    for (TailFeed feed : feeds) {
      if (feed.isWatching(tenant)) {
        feed.hearHead(tenant, head);
      }
    }
  }

  /** Tenants with new entries since this was last asked. */
  public Set<String> takeActive() {
    Set<String> out = new HashSet<>();
    for (Iterator<String> i = active.iterator(); i.hasNext(); ) {
      out.add(i.next());
      i.remove();
    }
    return out;
  }
}
