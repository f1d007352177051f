package dev.hongyan.router.dead;

import dev.hongyan.router.cursor.Cursor;
import org.jspecify.annotations.Nullable;

/**
 * A message that a consumer gave up for good.
 *
 * @param id names this dead letter in its tenant: {@code <ms>-<n>}, growing
 * @param messageId the event's id
 * @param consumer the subscription (or destination) that gave it up
 * @param reason {@code terminated} (the consumer said so) or {@code worn-out} (tried too often)
 * @param attempts deliveries that were tried
 * @param lastError what went wrong last, for people; at most 1,000 characters
 * @param deadAtMillis when, milliseconds since 1970
 * @param place where in the log it was
 * @param topic the event's type
 * @param subject what order is kept by, or null
 * @param event the CloudEvent, UTF-8 JSON; not to be changed
 */
public record DeadLetter(
    String id,
    long messageId,
    String consumer,
    String reason,
    int attempts,
    String lastError,
    long deadAtMillis,
    Cursor place,
    String topic,
    @Nullable String subject,
    byte[] event) {

  /** Names the letter, never its contents. */
  @Override
  public String toString() {
    return "dead letter " + id + " of " + consumer + " (" + reason + ")";
  }
}
