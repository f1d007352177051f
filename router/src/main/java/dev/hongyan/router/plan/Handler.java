package dev.hongyan.router.plan;

import dev.hongyan.router.log.LogEntry;
import io.vertx.core.Future;

/** Code that takes a tenant's messages where the owner runs. Called on the owner's event loop. */
interface Handler {

  /**
   * Takes one message. A failure is tried again; the same message may come twice, with the same id.
   */
  Future<?> handle(LogEntry entry);
}
