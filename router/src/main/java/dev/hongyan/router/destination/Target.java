package dev.hongyan.router.destination;

import dev.hongyan.tenant.routing.Destination;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is worked out once for a destination as it is configured now. */
final class Target {
  final boolean tls;

  /** As it stands in the URL: IPv6 in brackets. */
  final String host;

  final int port;
  final String uri;
  final Signer signer;
  private final Destination of;

  /** Throws {@link IllegalArgumentException} with a few harmless words. */
  private Target(Destination of) {
    URI url = parse(of.url());
    this.of = of;
    this.tls = "https".equalsIgnoreCase(url.getScheme());
    this.host = url.getHost();
    this.port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    String path = url.getRawPath();
    String query = url.getRawQuery();
    this.uri = (path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
    this.signer = new Signer(of);
  }

  private static URI parse(String text) {
    URI url;
    try {
      url = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("url: not valid"); // the cause quotes it, query and all
    }
    boolean http =
        "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
    if (!http || url.getHost() == null || url.getPort() > 65_535) {
      throw new IllegalArgumentException("url: not valid");
    }
    return url;
  }

  /**
   * The targets in use, one for each destination; a destination that was changed is worked out anew
   * and takes the old one's place. For one thread.
   */
  static final class Known {
    private static final int KEPT_MAX = 4_096;

    private final Map<Key, Target> targets =
        new LinkedHashMap<>(64, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Target> eldest) {
            return size() > KEPT_MAX;
          }
        };

    private record Key(String tenant, String destination) {}

    @SuppressWarnings("ReferenceEquality") // a snapshot is itself or another one
    Target get(String tenant, Destination destination) {
      Key key = new Key(tenant, destination.id());
      Target known = targets.get(key);
      if (known == null || known.of != destination) {
        known = new Target(destination);
        targets.put(key, known);
      }
      return known;
    }
  }
}
