package dev.hongyan.router.consume;

import dev.hongyan.router.log.LogEntry;
import io.vertx.core.Future;

/** Where a consumer's messages go. For the owner's event loop. */
public interface Sink {

  /** Whether one more may begin now. */
  boolean isOpen(long nowMillis);

  /** When {@link #isOpen} may turn true by time alone, ms since 1970; MAX_VALUE for never. */
  long opensAtMillis();

  /** Calls {@code wake} once when something has changed, by which it may be open. */
  void awaitChange(Runnable wake);

  /**
   * Tries once. The Future always succeeds.
   *
   * @param attempt 1 for the first
   * @param deadlineMillis after this another attempt makes no sense; 0 for never
   */
  Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis);

  /** The same receiver for messages that it was given before; it answers no user again. */
  default Sink forReplay() {
    return this;
  }

  /** What became of an attempt. */
  enum Fate {
    /** The receiver has it. */
    DELIVERED,
    /** Again at {@link Result#retryAtMillis}. */
    RETRY,
    /** Never again: to the dead letters. */
    DEAD,
    /** Its time is over before it could be tried again. */
    EXPIRED,
    /** Nothing was attempted, or it counts as nothing; it waits until the sink is open. */
    HELD
  }

  /**
   * The end of an attempt.
   *
   * @param retryAtMillis for {@link Fate#RETRY}
   * @param reason for {@link Fate#DEAD}: a word such as {@code worn-out}
   * @param error short text without secrets; empty when all went well
   * @param status of HTTP, 0 for none
   * @param tookMillis how long it took
   * @param answer what the receiver said, at most 16 KiB of it
   */
  record Result(
      Fate fate,
      long retryAtMillis,
      String reason,
      String error,
      int status,
      long tookMillis,
      byte[] answer) {
    private static final byte[] NOTHING = {};

    public static Result delivered(int status, long tookMillis, byte[] answer) {
      return new Result(Fate.DELIVERED, 0, "", "", status, tookMillis, answer);
    }

    public static Result retry(long atMillis, String error, int status, long took, byte[] answer) {
      return new Result(Fate.RETRY, atMillis, "", error, status, took, answer);
    }

    public static Result dead(String reason, String error, int status, long took, byte[] answer) {
      return new Result(Fate.DEAD, 0, reason, error, status, took, answer);
    }

    public static Result expired(String error, int status, long took, byte[] answer) {
      return new Result(Fate.EXPIRED, 0, "", error, status, took, answer);
    }

    public static Result held(String why) {
      return new Result(Fate.HELD, 0, "", why, 0, 0, NOTHING);
    }
  }
}
