package dev.hongyan.tenant.quota;

import org.jspecify.annotations.Nullable;

/**
 * Whether something may happen now.
 *
 * @param retryAfterMillis when it may, if nobody else comes before; 0 when it may now
 * @param limit what it was measured by; null when nothing bounds it
 * @param remaining what this node believes to be left of it
 */
public record Verdict(long retryAfterMillis, @Nullable Limit limit, long remaining) {
  /** Nothing bounds it. */
  public static final Verdict FREE = new Verdict(0, null, 0);

  public boolean passes() {
    return retryAfterMillis == 0;
  }

  /** The same in whole seconds, as headers want it. */
  public long retryAfterSeconds() {
    return (retryAfterMillis + 999) / 1000;
  }
}
