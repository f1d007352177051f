package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What callers get instead of WeChat's access token. It is sealed with the master key for one
 * tenant and account and names the digest of the key it was handed out for: nothing is stored, it
 * works on every node and after a restart, and it ends with that key. Its text is safe in a query.
 *
 * <p>For one event loop; remembers what it opened lately, {@value #REMEMBERED_MAX} at most.
 */
final class StandIns {
  /** What callers are told, as WeChat does; each is good for a while longer. */
  static final Duration LIFE = Duration.ofHours(2);

  private static final Duration OVERLAP = Duration.ofMinutes(5);
  private static final int REMEMBERED_MAX = 10_000;
  private static final int CHARS_MAX = 512;

  private final Sealer sealer;
  private final Clock clock;
  private final Map<String, Opened> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Opened> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private record Opened(String tenant, String account, String digest, long untilMillis) {}

  StandIns(Sealer sealer, Clock clock) {
    this.sealer = sealer;
    this.clock = clock;
  }

  /** A new one for the holder of the key with that digest. */
  Secret mint(String tenant, String account, String digest) {
    long until = clock.wallMillis() + LIFE.plus(OVERLAP).toMillis();
    String sealed = sealer.seal(context(tenant, account), until + " " + digest);
    return Secret.of(
        sealed
            .substring(sealed.lastIndexOf(':') + 1)
            .replace('+', '-')
            .replace('/', '_')
            .replace("=", ""));
  }

  /** The digest of the key it was handed out for; null when it is not good here and now. */
  @Nullable String digestOf(String tenant, String account, String standIn) {
    Opened opened = remembered.get(standIn);
    if (opened == null) {
      opened = open(tenant, account, standIn);
      if (opened == null) {
        return null;
      }
      remembered.put(standIn, opened);
    }
    return opened.untilMillis() > clock.wallMillis()
            && opened.account().equals(account)
            && opened.tenant().equals(tenant)
        ? opened.digest()
        : null;
  }

  private @Nullable Opened open(String tenant, String account, String standIn) {
    if (standIn.isEmpty() || standIn.length() > CHARS_MAX) {
      return null;
    }
    String base64 = standIn.replace('-', '+').replace('_', '/');
    // It does not say which key it was sealed with; there are two at most times of a rotation.
    for (String key : sealer.keys().ids()) {
      try {
        String text = sealer.open(context(tenant, account), "v1:" + key + ":" + base64).reveal();
        int space = text.indexOf(' ');
        return new Opened(
            tenant, account, text.substring(space + 1), Long.parseLong(text.substring(0, space)));
      } catch (Sealer.SealBroken notOurs) {
        // nor that one, then
      }
    }
    return null;
  }

  private static String context(String tenant, String account) {
    return "stand-in/" + tenant + "/" + account;
  }
}
