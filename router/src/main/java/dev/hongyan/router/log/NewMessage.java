package dev.hongyan.router.log;

import org.jspecify.annotations.Nullable;

/**
 * A message on its way into the log.
 *
 * @param tenant whose log
 * @param header what routing needs
 * @param account whose de-duplication keys; null together with {@code dedupeKey}
 * @param dedupeKey a second message with this key within {@link LogAppender#DEDUPE_SECONDS} is not
 *     appended; null to append always
 * @param event the CloudEvent, UTF-8 JSON, at most {@link LogAppender#MAX_EVENT_BYTES}
 */
public record NewMessage(
    String tenant,
    EntryHeader header,
    @Nullable String account,
    @Nullable String dedupeKey,
    byte[] event) {

  public NewMessage {
    if ((account == null) != (dedupeKey == null)) {
      throw new IllegalArgumentException("account and dedupeKey go together");
    }
  }
}
