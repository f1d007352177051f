package dev.hongyan.gateway.session;

import java.time.Duration;

/** Limits with a quicker rhythm than the protocol's, so that a test sees its end. */
final class ShortLimits {
  private ShortLimits() {}

  static SessionLimits of(Duration hello, Duration ping, Duration dead, Duration expiringBefore) {
    SessionLimits d = SessionLimits.DEFAULT;
    return new SessionLimits(
        d.clientFrameBytes(),
        d.serverFrameBytes(),
        d.subscriptions(),
        d.topics(),
        d.windowMessages(),
        d.windowMessagesMax(),
        d.windowBytes(),
        d.windowBytesMax(),
        hello,
        ping,
        d.beat(),
        dead,
        expiringBefore,
        d.sessions());
  }
}
