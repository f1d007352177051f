package dev.hongyan.router.destination;

import dev.hongyan.observability.time.Clock;
import io.vertx.core.Future;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps tenants from sending into our own network. A name is resolved, every one of its addresses
 * is looked at, and the request then goes to an address that was looked at: the name is not
 * resolved again in between, so it cannot change its mind. One address of the wrong kind refuses
 * the whole name.
 *
 * <p>What was found is remembered for at most 30 s (a name that is not found, 3 s), for 4,096
 * names. For one event loop.
 */
final class AddressGuard {
  private static final long FOUND_NANOS = 30_000_000_000L;
  private static final long LOST_NANOS = 3_000_000_000L;
  private static final int NAMES_MAX = 4_096;

  /** IPv4 first: a dual-stacked name is no use to a node without a way to IPv6. */
  private static final Comparator<InetAddress> V4_FIRST =
      Comparator.comparing(a -> a instanceof Inet4Address ? 0 : 1);

  private final Resolver resolver;
  private final Clock clock;
  private final boolean allowPrivate;
  private final Map<String, Known> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > NAMES_MAX;
        }
      };

  /** Looks a name up; completes on the loop of the caller. */
  interface Resolver {
    /** All addresses, or a failure. */
    Future<List<InetAddress>> resolve(String name);
  }

  /** A name or address that is not to be sent to. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused() {
      super("address: not public", null, false, false);
    }
  }

  private static final class Known {
    final Future<List<InetAddress>> addresses;
    final long sinceNanos;
    int turn;

    Known(Future<List<InetAddress>> addresses, long sinceNanos) {
      this.addresses = addresses;
      this.sinceNanos = sinceNanos;
    }
  }

  AddressGuard(Resolver resolver, Clock clock, boolean allowPrivate) {
    this.resolver = resolver;
    this.clock = clock;
    this.allowPrivate = allowPrivate;
  }

  /**
   * The address to connect to. Fails with {@link Refused}, an {@link IllegalArgumentException} for
   * what is no host at all, or whatever the resolver failed with.
   */
  Future<InetAddress> check(String host) {
    Known k = known.get(host);
    if (k == null || isOld(k)) {
      k = new Known(find(host), clock.nanos());
      known.put(host, k);
    }
    Known found = k;
    return k.addresses.map(all -> all.get(Math.floorMod(found.turn, all.size())));
  }

  /** That address could not be reached: next time another one of the name is taken. */
  void unreachable(String host, InetAddress address) {
    Known k = known.get(host);
    if (k != null && k.addresses.succeeded()) {
      List<InetAddress> all = k.addresses.result();
      if (all.get(Math.floorMod(k.turn, all.size())).equals(address)) {
        k.turn++;
      }
    }
  }

  private boolean isOld(Known k) {
    long age = clock.nanos() - k.sinceNanos;
    return age >= FOUND_NANOS
        || (age >= LOST_NANOS && k.addresses.failed() && !(k.addresses.cause() instanceof Refused));
  }

  private Future<List<InetAddress>> find(String host) {
    try {
      InetAddress literal = PublicAddress.literal(host);
      return literal == null ? resolver.resolve(host).map(this::checked) : one(literal);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(new IllegalArgumentException("address: not valid"));
    }
  }

  private Future<List<InetAddress>> one(InetAddress literal) {
    try {
      return Future.succeededFuture(checked(List.of(literal)));
    } catch (Refused e) {
      return Future.failedFuture(e);
    }
  }

  private List<InetAddress> checked(List<InetAddress> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("address: not found");
    }
    if (!allowPrivate && !all.stream().allMatch(PublicAddress::is)) {
      throw new Refused();
    }
    List<InetAddress> sorted = new ArrayList<>(all);
    sorted.sort(V4_FIRST);
    return List.copyOf(sorted);
  }
}
