package dev.hongyan.token.lease;

import dev.hongyan.token.TokenReply;

/** Somebody who asked. The lease never calls it; it comes back in {@link LeaseEffect.Tell}. */
@FunctionalInterface
public interface Waiter {
  /** Called once. */
  void told(TokenReply reply);
}
