package dev.hongyan.gateway.access;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.access.ApiKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows the guessing of keys: after {@value #FREE} wrong ones from one address with one beginning,
 * more with that beginning are not even looked at until the minute is over. Another key from the
 * same address is not touched by that, nor is one that was good lately, whatever its beginning.
 *
 * <p>For one event loop; remembers 10,000 of each at most.
 */
final class Guesses {
  private static final int FREE = 10;
  private static final int REMEMBERED_MAX = 10_000;
  private static final int BEGINNING_CHARS = 8;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final Clock clock;
  private final Map<String, Wrong> wrong = bounded();
  private final Map<String, Boolean> good = bounded();

  private static final class Wrong {
    long until;
    int count;
  }

  Guesses(Clock clock) {
    this.clock = clock;
  }

  /** Seconds to wait before this key is looked at; 0 for now. */
  long waitSeconds(String address, String key) {
    Wrong before = wrong.get(place(address, key));
    if (before == null || before.count < FREE) {
      return 0;
    }
    long left = before.until - clock.nanos();
    return left <= 0 || good.containsKey(digest(key)) ? 0 : left / 1_000_000_000L + 1;
  }

  /**
   * Notes it; gives for how many seconds such keys are not looked at when this one was too much.
   */
  long wasWrong(String address, String key) {
    Boolean unused = good.remove(digest(key));
    Wrong here = wrong.computeIfAbsent(place(address, key), k -> new Wrong());
    long now = clock.nanos();
    if (here.count == 0 || here.until - now <= 0) {
      here.count = 0;
      here.until = now + MINUTE_NANOS;
    }
    here.count++;
    return here.count == FREE ? (here.until - now) / 1_000_000_000L + 1 : 0;
  }

  /** Noted only where guessing goes on, so that the usual call costs nothing. */
  void wasGood(String key) {
    if (!wrong.isEmpty()) {
      Boolean unused = good.put(digest(key), true);
    }
  }

  private static String place(String address, String key) {
    String tenant = ApiKeys.tenantOf(key);
    int dot = key.indexOf('.');
    if (tenant == null && dot > 0) {
      // All JWTs begin alike. Guessing one means other signatures for the same claims.
      return address + ' ' + digest(key.substring(0, Math.max(dot, key.lastIndexOf('.'))));
    }
    int end = (tenant == null ? 0 : "hyk__".length() + tenant.length()) + BEGINNING_CHARS;
    return address + ' ' + key.substring(0, Math.min(end, key.length()));
  }

  /** Keys are not kept in memory as they are. */
  static String digest(String key) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > REMEMBERED_MAX;
      }
    };
  }
}
