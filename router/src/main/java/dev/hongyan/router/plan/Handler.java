package dev.hongyan.router.plan;

import dev.hongyan.router.log.LogEntry;
import io.vertx.core.Future;

/** Code that takes a tenant's messages where the owner runs. Called on the owner's event loop. */
interface Handler {
  byte[] NOTHING = {};

  /**
   * Takes one message. A failure is tried again; the same message may come twice, with the same id.
   *
   * @return what it says to it, as a destination's body would; {@link #NOTHING} for nothing
   */
  Future<byte[]> handle(LogEntry entry);
}
