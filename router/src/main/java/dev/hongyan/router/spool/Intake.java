package dev.hongyan.router.spool;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;

/** The way of a push to where it is durable. For one event loop. */
public interface Intake {

  /** Where a message is. */
  enum Taken {
    /** In the log. */
    NEW,
    /** In the log, and was there before. */
    DUPLICATE,
    /** On the disk of this node; whether it is new shows when it is drained. */
    SPOOLED
  }

  /**
   * Makes a message durable; it has a dedupe key.
   *
   * <p>Fails with {@link Problem#TOO_LARGE}; with {@link Problem#STORE_UNAVAILABLE} or {@link
   * Problem#OVERLOADED} when neither the log nor the disk takes it; with a {@code StoreError} when
   * the store understood and refused.
   */
  Future<Taken> take(NewMessage message);

  /** Without a spool: into the log or not at all. */
  static Intake intoTheLog(LogAppender log) {
    return message ->
        log.append(message).map(done -> done.duplicate() ? Taken.DUPLICATE : Taken.NEW);
  }
}
