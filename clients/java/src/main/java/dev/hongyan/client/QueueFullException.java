package dev.hongyan.client;

/** Too many publishes wait; this one was not queued. */
public final class QueueFullException extends ClientException {
  private static final long serialVersionUID = 1;

  QueueFullException(String message) {
    super("queue-full", message, Retry.LATER, 0, null);
  }
}
