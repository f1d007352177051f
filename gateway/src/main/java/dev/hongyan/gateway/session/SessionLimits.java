package dev.hongyan.gateway.session;

import java.time.Duration;

/**
 * What one WebSocket session may use, and its rhythm. The defaults are those of the protocol.
 *
 * @param clientFrameBytes largest frame a client may send; above it 4413
 * @param serverFrameBytes a frame to a client is closed before it grows beyond this, unless one
 *     message alone is larger
 * @param subscriptions per connection
 * @param topics patterns per subscription
 * @param windowMessages default of {@code window}
 * @param windowMessagesMax largest {@code window}
 * @param windowBytes default of {@code windowBytes}
 * @param windowBytesMax largest {@code windowBytes}
 * @param helloWithin a session without a hello by then is closed with 4401
 * @param ping between two pings of the server
 * @param beat between two beats of the client, as told in {@code welcome}
 * @param dead silence after which a session is closed with 4001
 * @param expiringBefore how long before its token ends a client is told so
 * @param sessions per gateway verticle; above it 4100
 */
public record SessionLimits(
    int clientFrameBytes,
    int serverFrameBytes,
    int subscriptions,
    int topics,
    int windowMessages,
    int windowMessagesMax,
    int windowBytes,
    int windowBytesMax,
    Duration helloWithin,
    Duration ping,
    Duration beat,
    Duration dead,
    Duration expiringBefore,
    int sessions) {

  public static final SessionLimits DEFAULT =
      new SessionLimits(
          64 * 1024,
          256 * 1024,
          100,
          64,
          256,
          10_000,
          1 << 20,
          64 << 20,
          Duration.ofSeconds(10),
          Duration.ofSeconds(15),
          Duration.ofSeconds(20),
          Duration.ofSeconds(45),
          Duration.ofSeconds(60),
          100_000);

  /** The same with other bounds for frames of clients and for sessions. */
  public SessionLimits within(int frameBytes, int sessionsMax) {
    return new SessionLimits(
        frameBytes,
        serverFrameBytes,
        subscriptions,
        topics,
        windowMessages,
        windowMessagesMax,
        windowBytes,
        windowBytesMax,
        helloWithin,
        ping,
        beat,
        dead,
        expiringBefore,
        sessionsMax);
  }
}
