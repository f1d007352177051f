package dev.hongyan.router.spool;

import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;
import java.util.function.Consumer;

/** The spool as an {@link Intake} sees it. Thread-safe. */
interface Overflow {
  /** How many messages of a tenant are in it or on their way into it. */
  int held(String tenant);

  /**
   * Puts a message onto the disk, behind all that were handed in before. The Future ends on the
   * caller's context; a success means: durable.
   *
   * <p>Fails with TOO_LARGE, OVERLOADED when there is no room, STORE_UNAVAILABLE when the disk
   * refuses.
   */
  Future<Void> append(NewMessage message);

  /** Told of each tenant whose last message has left, on whatever thread. */
  void onEmptied(Consumer<String> listener);
}
