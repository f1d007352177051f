package dev.hongyan.router.destination;

/** What an attempt means for its message. */
public enum Outcome {
  /** 2xx: done. */
  DELIVERED,

  /** Failed; the schedule says when to try again. */
  RETRY,

  /** 429, 503 or no answer in time: at least a minute, and at least what the answer asks for. */
  RETRY_SLOWLY,

  /** 410: the destination takes nothing any more and is to be disabled; the message waits. */
  GONE,

  /** The destination does not want this message again: dead at once. */
  NEVER,

  /** Nothing was sent, the address is not one we send to; tried again by the schedule. */
  REFUSED_ADDRESS
}
