package dev.hongyan.simulator.delivery;

/** What a try, or a push as a whole, was answered. */
public enum Answered {
  /** The seven bytes {@code success}, with status 200. */
  SUCCESS,
  /** Status 200 and no body, which means the same. */
  EMPTY,
  /** A reply document to be shown to the user, valid for this push. */
  REPLY,
  /**
   * Something else. With status 200 it is final, and the user sees that the service is not
   * available; with another status the push is tried again.
   */
  INVALID,
  /** Nothing complete within the time of a try. Tried again. */
  TIMEOUT,
  /** No connection, or one that broke. Tried again. */
  REFUSED,
  /** Not tried at all: the account was in MarkFail. */
  DROPPED;

  /** Whether the receiver took the push over. */
  public boolean accepted() {
    return this == SUCCESS || this == EMPTY || this == REPLY;
  }
}
