package dev.hongyan.observability.tracing;

/** What a step is to the one before it and the one after. */
public enum Kind {
  /** Somebody's request is answered here. */
  SERVER,
  /** Somebody else is asked, and answers. */
  CLIENT,
  /** A message begins its way; what follows comes later. */
  PRODUCER
}
