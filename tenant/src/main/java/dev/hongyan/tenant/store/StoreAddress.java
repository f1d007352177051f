package dev.hongyan.tenant.store;

import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.RedisRole;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as the client wants them.
 *
 * @param type one server, sentinels, or a cluster
 * @param endpoints {@code redis://}, {@code rediss://} or {@code unix://} each
 * @param master the name that the sentinels know the master by
 */
record StoreAddress(RedisClientType type, List<String> endpoints, @Nullable String master) {

  static StoreAddress parse(List<String> addresses) {
    String first = addresses.get(0);
    String scheme = scheme(first);
    switch (scheme) {
      case "redis", "rediss", "unix" -> {
        if (addresses.size() == 1) {
          return new StoreAddress(RedisClientType.STANDALONE, List.of(checked(first)), null);
        }
        List<String> nodes = new ArrayList<>();
        for (String address : addresses) {
          if (scheme(address).equals("unix") || !scheme(address).equals(scheme)) {
            throw wrong(
                address,
                "several addresses are the nodes of one cluster, all redis:// or all rediss://");
          }
          nodes.add(checked(address));
        }
        return new StoreAddress(RedisClientType.CLUSTER, List.copyOf(nodes), null);
      }
      case "sentinel", "sentinels", "cluster", "clusters" -> {
        if (addresses.size() > 1) {
          throw wrong(
              addresses.get(1), "one " + scheme + ":// address names all hosts, with commas");
        }
        return many(first, scheme);
      }
      default ->
          throw wrong(first, "expected redis://, rediss://, unix://, sentinel:// or cluster://");
    }
  }

  private static StoreAddress many(String address, String scheme) {
    boolean sentinel = scheme.startsWith("sentinel");
    String rest = address.substring(scheme.length() + 3);
    int slash = rest.indexOf('/');
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    String hosts = slash < 0 ? rest : rest.substring(0, slash);
    int at = hosts.lastIndexOf('@');
    String user = at < 0 ? "" : hosts.substring(0, at + 1);
    String plain = scheme.endsWith("s") ? "rediss://" : "redis://";
    List<String> endpoints = new ArrayList<>();
    for (String host : hosts.substring(at + 1).split(",")) {
      if (host.isBlank()) {
        throw wrong(address, "a host is missing");
      }
      endpoints.add(checked(plain + user + host.strip()));
    }
    if (sentinel && (path.isEmpty() || path.contains("/"))) {
      throw wrong(address, "expected sentinel://host:port,host:port/name-of-the-master");
    }
    if (!sentinel && !path.isEmpty()) {
      throw wrong(address, "a cluster has no databases");
    }
    return new StoreAddress(
        sentinel ? RedisClientType.SENTINEL : RedisClientType.CLUSTER,
        List.copyOf(endpoints),
        sentinel ? path : null);
  }

  /** What the client needs for one link. */
  RedisOptions options(StoreOptions store) {
    RedisOptions options =
        new RedisOptions()
            .setType(type)
            // RESP2: answers have one shape whatever the server's version.
            .setPreferredProtocolVersion(ProtocolVersion.RESP2)
            .setMaxWaitingHandlers(store.inFlightMax() + 64)
            .setMaxPoolSize(4) // one carries the traffic, the others ask for the topology
            .setMaxPoolWaiting(64)
            .setPoolName("store")
            .setPoolRecycleTimeout(-1);
    options.getNetClientOptions().setConnectTimeout((int) store.connectTimeout().toMillis());
    options.getNetClientOptions().setTcpNoDelay(true);
    endpoints.forEach(options::addConnectionString);
    if (master != null) {
      options.setMasterName(master).setRole(RedisRole.MASTER);
    }
    return options;
  }

  /** The address of a unix socket. */
  static String unix(Path socket) {
    try {
      return "unix://" + new URI(null, null, socket.toString(), null).getRawPath();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no socket can be at " + socket, e);
    }
  }

  static String withoutPassword(String address) {
    int start = address.indexOf("://");
    int at = address.lastIndexOf('@');
    String shown =
        start >= 0 && at > start
            ? address.substring(0, start + 3) + "***" + address.substring(at)
            : address;
    int query = shown.indexOf('?');
    return query < 0 ? shown : shown.substring(0, query) + "?***";
  }

  private static String scheme(String address) {
    int end = address.indexOf("://");
    return end < 0 ? "" : address.substring(0, end);
  }

  private static String checked(String address) {
    try {
      URI uri = new URI(address);
      boolean unix = "unix".equals(uri.getScheme());
      if (unix ? uri.getPath() == null || uri.getPath().length() < 2 : uri.getHost() == null) {
        throw wrong(address, unix ? "a path is missing" : "a host is missing");
      }
      return address;
    } catch (URISyntaxException e) {
      throw wrong(address, "not an address");
    }
  }

  private static IllegalArgumentException wrong(String address, String why) {
    return new IllegalArgumentException("store.redis: " + withoutPassword(address) + ": " + why);
  }
}
