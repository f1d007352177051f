package dev.hongyan.tenant.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the store is and how patiently it is asked.
 *
 * @param redis addresses; empty means a Redis of our own in {@code dir} (see {@link
 *     EmbeddedRedis}). Forms:
 *     <ul>
 *       <li>{@code redis://[user:password@]host[:port][/db]}, {@code rediss://…} with TLS, {@code
 *           unix:///path/to.sock[?password=…]}: one server
 *       <li>{@code sentinel://[user:password@]host:port,host:port/master} ({@code sentinels://}
 *           with TLS): the master of that name, asked from any of the sentinels
 *       <li>{@code cluster://[user:password@]host:port,host:port} ({@code clusters://} with TLS),
 *           or several {@code redis://} addresses: a Redis Cluster by some of its nodes
 *     </ul>
 *     An element without {@code ://} belongs to the one before it, so a list that was split at its
 *     commas is read as it was meant.
 * @param dir data folder of the embedded Redis; its files are in {@code dir/redis}
 * @param fsync when the embedded Redis writes its log through to the disk
 * @param commandTimeout how long one command may take before its Future fails; default 2 s
 * @param connectTimeout how long one attempt to connect may take; default 1 s
 * @param inFlightMax commands that may wait for an answer on one link; more fail at once; default
 *     10,000
 */
public record StoreOptions(
    List<String> redis,
    Path dir,
    Fsync fsync,
    Duration commandTimeout,
    Duration connectTimeout,
    int inFlightMax) {

  /** When a write is on the disk. */
  public enum Fsync {
    /** Before it is answered: nothing that was answered is ever lost. The default. */
    ALWAYS,
    /** Within a second: a power loss may lose the last second, a crash of Redis alone does not. */
    EVERYSEC
  }

  public StoreOptions {
    redis = List.copyOf(joined(redis));
    if (commandTimeout.toMillis() < 1 || connectTimeout.toMillis() < 1 || inFlightMax < 1) {
      throw new IllegalArgumentException("timeouts and limits of the store must be above zero");
    }
    if (!redis.isEmpty()) {
      var unused = StoreAddress.parse(redis); // names what is wrong
    }
  }

  /** An embedded Redis in {@code dir} with all defaults. */
  public static StoreOptions embedded(Path dir) {
    return of(List.of(), dir);
  }

  /**
   * These addresses (or an embedded Redis in {@code dir} when there are none) with all defaults.
   */
  public static StoreOptions of(List<String> redis, Path dir) {
    return new StoreOptions(
        redis, dir, Fsync.ALWAYS, Duration.ofSeconds(2), Duration.ofSeconds(1), 10_000);
  }

  public StoreOptions withFsync(Fsync value) {
    return new StoreOptions(redis, dir, value, commandTimeout, connectTimeout, inFlightMax);
  }

  public StoreOptions withRedis(String... addresses) {
    return new StoreOptions(
        List.of(addresses), dir, fsync, commandTimeout, connectTimeout, inFlightMax);
  }

  public StoreOptions withTimeouts(Duration command, Duration connect) {
    return new StoreOptions(redis, dir, fsync, command, connect, inFlightMax);
  }

  public StoreOptions withInFlightMax(int value) {
    return new StoreOptions(redis, dir, fsync, commandTimeout, connectTimeout, value);
  }

  /** Hides passwords. */
  @Override
  public String toString() {
    return "StoreOptions[redis="
        + redis.stream().map(StoreAddress::withoutPassword).toList()
        + ", dir="
        + dir
        + ", fsync="
        + fsync
        + "]";
  }

  private static List<String> joined(List<String> pieces) {
    List<String> whole = new ArrayList<>(pieces.size());
    for (String piece : pieces) {
      String text = piece.strip();
      if (text.isEmpty()) {
        continue;
      }
      if (text.contains("://") || whole.isEmpty()) {
        whole.add(text);
      } else {
        int last = whole.size() - 1;
        whole.set(last, whole.get(last) + "," + text);
      }
    }
    return whole;
  }
}
