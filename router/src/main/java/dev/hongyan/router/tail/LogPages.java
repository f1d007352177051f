package dev.hongyan.router.tail;

import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogReader;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The older part of the logs, read in pages of {@value #PAGE} places. Readers that walk the same
 * stretch share one read, also while it is under way; pages that were read are kept up to a number
 * of bytes for all tenants of this event loop together, the longest unused going first. For one
 * thread.
 */
public final class LogPages {
  static final int PAGE = 64;

  private final LogReader log;
  private final long bytesMax;
  private final Map<Key, Page> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Key, Future<Page>> underWay = new HashMap<>();
  private long bytes;

  public LogPages(LogReader log, long bytesMax) {
    this.log = log;
    this.bytesMax = bytesMax;
  }

  /**
   * A stretch of the log.
   *
   * @param entries in order; places that are gone are missing
   * @param upTo places up to here were looked for: what is not among the entries is gone
   * @param bytes about what it holds of memory
   */
  public record Page(List<LogEntry> entries, long upTo, long bytes) {}

  /** How many bytes of pages are at hand. */
  long bytes() {
    return bytes;
  }

  /** The page with place {@code seq}, when it is at hand. */
  public @Nullable Page peek(String tenant, String epoch, long seq) {
    return kept.get(new Key(tenant, epoch, pageOf(seq)));
  }

  /** The page with place {@code seq}; {@code head} is how far the log is known to go. */
  public Future<Page> read(String tenant, String epoch, long seq, long head) {
    Key key = new Key(tenant, epoch, pageOf(seq));
    Page known = kept.get(key);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    Future<Page> running = underWay.get(key);
    if (running != null) {
      return running;
    }
    long from = key.page * PAGE + 1;
    long last = from + PAGE - 1;
    Future<Page> page =
        log.read(tenant, epoch, from, PAGE)
            .map(entries -> page(entries, last, Math.min(last, head)));
    if (!page.isComplete()) {
      underWay.put(key, page);
    }
    return page.onComplete(
        p -> {
          underWay.remove(key);
          if (last <= head) { // whole, so it never changes again but by trimming
            keep(key, p);
          }
        },
        e -> underWay.remove(key));
  }

  /** A range read begins at the first place kept, which may lie beyond the page. */
  private static Page page(List<LogEntry> entries, long last, long upTo) {
    long size = 200; // also one without entries takes room
    int n = 0;
    while (n < entries.size() && entries.get(n).seq() <= last) {
      size += entries.get(n++).weight();
    }
    return new Page(List.copyOf(entries.subList(0, n)), upTo, size);
  }

  private void keep(Key key, Page page) {
    Page before = kept.put(key, page);
    bytes += page.bytes - (before == null ? 0 : before.bytes);
    Iterator<Page> oldest = kept.values().iterator();
    while (bytes > bytesMax && oldest.hasNext()) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }

  private static long pageOf(long seq) {
    return (seq - 1) / PAGE;
  }

  private record Key(String tenant, String epoch, long page) {}
}
