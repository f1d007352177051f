package dev.hongyan.simulator.api;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who called what, and how often: what a test asks afterwards. Every call counts that arrived
 * whole, also refused and faulty ones; unknown paths count as one. Thread-safe.
 */
public final class ApiCalls {
  /** How many calls are remembered one by one. */
  public static final int RECENT_MAX = 10_000;

  /** How many tokens are counted; the oldest are forgotten first. */
  public static final int TOKENS_MAX = 10_000;

  /** What calls of unknown paths are counted as. */
  public static final String UNKNOWN_PATH = "other";

  private final Map<String, Long> paths = new TreeMap<>();
  private final Map<Integer, Long> errcodes = new TreeMap<>();
  private final Map<String, Long> tokens = Newest.map(TOKENS_MAX);
  private final Deque<Call> recent = new ArrayDeque<>();
  private long total;

  ApiCalls() {}

  /**
   * A call.
   *
   * @param path its path; {@link #UNKNOWN_PATH} for one that does not exist
   * @param appId whose it was; null if nobody's
   * @param status what it was answered; 0 if the connection was closed instead
   * @param errcode what was answered; 0 for success
   * @param faulty whether a {@link Fault} happened to it
   */
  public record Call(
      long atMillis,
      String method,
      String path,
      @Nullable String appId,
      int status,
      int errcode,
      boolean faulty) {}

  synchronized void add(Call call, String token) {
    total++;
    paths.merge(call.path(), 1L, Long::sum);
    errcodes.merge(call.errcode(), 1L, Long::sum);
    if (!token.isEmpty()) {
      tokens.merge(token, 1L, Long::sum);
    }
    if (recent.size() == RECENT_MAX) {
      recent.remove();
    }
    recent.add(call);
  }

  /** All calls. */
  public synchronized long total() {
    return total;
  }

  /** Calls of a path. */
  public synchronized long of(String path) {
    return paths.getOrDefault(path, 0L);
  }

  /** Calls of a path by an account, among the last {@link #RECENT_MAX} of all. */
  public synchronized long of(String path, String appId) {
    return recent.stream()
        .filter(call -> call.path().equals(path) && appId.equals(call.appId()))
        .count();
  }

  /** Calls with a token. */
  public synchronized long withToken(String token) {
    return tokens.getOrDefault(token, 0L);
  }

  /** Calls that were answered with an errcode. */
  public synchronized long answered(int errcode) {
    return errcodes.getOrDefault(errcode, 0L);
  }

  /** Counts by path. */
  public synchronized Map<String, Long> byPath() {
    return Map.copyOf(paths);
  }

  /** Counts by errcode. */
  public synchronized Map<Integer, Long> byErrcode() {
    return Map.copyOf(errcodes);
  }

  /** How many calls were made with each token, the oldest token first, without the tokens. */
  public synchronized List<Long> byToken() {
    return List.copyOf(tokens.values());
  }

  /** The last calls, the oldest first. */
  public synchronized List<Call> recent() {
    return List.copyOf(recent);
  }

  /** Forgets everything. */
  public synchronized void clear() {
    paths.clear();
    errcodes.clear();
    tokens.clear();
    recent.clear();
    total = 0;
  }
}
