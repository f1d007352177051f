package dev.hongyan.client;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Handles one message. Completing acks it; failing follows the subscription's rule. */
@FunctionalInterface
public interface MessageHandler {
  /**
   * @return when it is done; null means now
   */
  @Nullable CompletionStage<?> handle(Message message) throws Exception;
}
