package dev.hongyan.router.destination;

import dev.hongyan.tenant.routing.Destination;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
    String authority = url.getRawAuthority();
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    this.of = of;
    this.tls = "https".equalsIgnoreCase(url.getScheme());
    this.host = hasPort ? authority.substring(0, colon) : authority;
    this.port = hasPort ? port(authority.substring(colon + 1)) : tls ? 443 : 80;
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
    if (!http || !isHostAndPort(url.getRawAuthority())) {
      throw new IllegalArgumentException("url: not valid");
    }
    return url;
  }

  /**
   * More than {@link URI#getHost} takes: names with underscores, as containers have them, and
   * addresses in odd notations, which are for {@link AddressGuard} to judge.
   */
  private static boolean isHostAndPort(@Nullable String authority) {
    return authority != null
        && !authority.isEmpty()
        && authority.charAt(0) != ':'
        && authority
            .chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || ".-_:[]".indexOf(c) >= 0);
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port > 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException("url: not valid");
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
