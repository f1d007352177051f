package dev.hongyan.observability.health;

/**
 * Whether this node wants traffic: not before everything is deployed, and not any more once it
 * drains. Thread-safe.
 */
public final class Readiness {

  /** The three stages of a node's life, passed in this order. */
  public enum Stage {
    STARTING,
    READY,
    DRAINING
  }

  private volatile Stage stage = Stage.STARTING;

  /** Everything is deployed. Does nothing once the node drains. */
  public synchronized void ready() {
    if (stage == Stage.STARTING) {
      stage = Stage.READY;
    }
  }

  /** The node is leaving. There is no way back. */
  public synchronized void draining() {
    stage = Stage.DRAINING;
  }

  public Stage stage() {
    return stage;
  }
}
