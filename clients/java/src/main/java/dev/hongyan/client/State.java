package dev.hongyan.client;

/** Where the connection stands. */
public enum State {
  /** On the way. */
  CONNECTING,
  /** Greeted by the server. */
  OPEN,
  /** Will try again after a wait. */
  WAITING,
  /** Will try again after a wait; {@code GET /ping} had no answer. */
  OFFLINE,
  /** Ended, by {@code close()} or by a close code that asks us not to come back. */
  CLOSED
}
