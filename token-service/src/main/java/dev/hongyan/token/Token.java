package dev.hongyan.token;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Secret;

/**
 * A token or ticket that WeChat accepts now, as far as we know.
 *
 * @param value hidden in {@code toString}
 * @param generation names this very value: whoever finds it refused says which one it was. Grows
 *     with every new value of a credential, in the whole cluster; not contiguous
 * @param freshUntilMillis until when it is served from memory without asking anybody, on the
 *     monotonic clock: 80 % of its life
 * @param expiresAtMillis when WeChat stops to accept it, in milliseconds of {@link Clock#nanos()}
 */
public record Token(Secret value, long generation, long freshUntilMillis, long expiresAtMillis) {

  /** The reading of {@code clock} that the times of tokens are in. */
  public static long millis(Clock clock) {
    return clock.nanos() / 1_000_000;
  }

  /** WeChat's {@code expires_in} as of {@code nowMillis}: whole seconds, not negative. */
  public long expiresInSeconds(long nowMillis) {
    return Math.max(0, (expiresAtMillis - nowMillis) / 1000);
  }
}
