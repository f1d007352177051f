package dev.hongyan.client;

import org.jspecify.annotations.Nullable;

/** A message in hand, from its arrival until its outcome counts. */
final class Entry {
  final Message message;

  /** Where it came last, so where its outcome is to be said. */
  Attachment attachment;

  @Nullable Outcome outcome;
  @Nullable Backoff retries;

  Entry(Message message, Attachment attachment) {
    this.message = message;
    this.attachment = attachment;
  }

  String cursor() {
    return message.cursor();
  }

  /** In characters, as it was sent. */
  long size() {
    return message.event().json().length();
  }
}
