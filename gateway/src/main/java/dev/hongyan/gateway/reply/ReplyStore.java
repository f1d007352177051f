package dev.hongyan.gateway.reply;

import dev.hongyan.router.log.EntryHeader;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * What all processes know about the answer to an event: the first one given, and which way it went.
 * Kept for {@link #KEPT_SECONDS}. From any thread; every method fails with {@code
 * STORE_UNAVAILABLE} when the store is away.
 */
interface ReplyStore {
  /** Longer than any request waits; a repeat after that is stopped where messages are sent. */
  int KEPT_SECONDS = 600;

  /** The way of an answer. */
  enum Way {
    /** Not decided. */
    OPEN,
    /** Into a request of WeChat. */
    PASSIVE,
    /** No request waits any more. */
    OVER
  }

  /**
   * What is known.
   *
   * @param tries requests of WeChat so far
   * @param answer the first one given, as JSON; null before
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
  record State(int tries, Way way, byte @Nullable [] answer) {}

  /** What one wants to be. */
  enum Wish {
    /** The answer, if there is one, goes into my request, unless it is over. */
    TAKE,
    /** The same; but without an answer it is over: I am the last request. */
    CLOSE,
    /** Over, unless the answer went into a request. */
    END,
    /** Over: the answer fits into no request. */
    REFUSE,
    /** It did not get into my request. */
    UNDO
  }

  /** Another try of WeChat. */
  Future<State> join(String tenant, long event);

  /** Gives an answer; the state's answer is this very array when it is the first. */
  Future<State> offer(String tenant, long event, byte[] answer);

  Future<State> settle(String tenant, long event, Wish wish);

  /** The message that was in the log before, by its de-duplication; null when it has left. */
  Future<@Nullable EntryHeader> original(String tenant, String account, String dedupeKey);

  /** Tells all processes; lost without a word when the store is away. */
  void tell(String hint);
}
