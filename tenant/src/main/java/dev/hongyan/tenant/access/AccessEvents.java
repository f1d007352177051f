package dev.hongyan.tenant.access;

/**
 * Hears of keys and tokens that were not good. Called on event loops, at most 11 times a minute for
 * one address and beginning of a key: be quick, and do not throw.
 */
public interface AccessEvents {
  /** Nobody listens. */
  AccessEvents NONE =
      new AccessEvents() {
        @Override
        public void refused(Attempt attempt) {}

        @Override
        public void slowed(Attempt attempt, long waitSeconds) {}
      };

  /**
   * A key or token that was sent to us.
   *
   * @param tenant the one that it names, which need not exist; empty when it names none
   * @param remote the address it came from
   * @param digest the first 16 hex digits of its SHA-256: tells attempts apart and says nothing of
   *     the key
   */
  record Attempt(String tenant, String remote, String digest) {}

  /** It was looked at and is not good. */
  void refused(Attempt attempt);

  /** There were too many like it, so from now on it is not looked at for a while. */
  void slowed(Attempt attempt, long waitSeconds);
}
