package dev.hongyan.client;

/**
 * Keeps publish serials over restarts. Called on the client's thread, once per hundred publishes; a
 * failure refuses the publish.
 */
public interface SerialStore {
  /** What was saved last, or zero. */
  long load();

  void save(long next);
}
