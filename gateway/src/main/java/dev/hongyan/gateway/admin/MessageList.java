package dev.hongyan.gateway.admin;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A list of messages while it grows. Ends at the limit, at 4 MiB, after 5,000 messages looked at or
 * at the end of the log as it was; {@code next} then says where to go on. Events are put in as the
 * bytes they have in the log.
 */
final class MessageList {
  /** Messages read at a time; one may be 1 MB. */
  static final int PAGE = 16;

  private static final int BYTES_MAX = 4 << 20;
  private static final int LOOKED_AT_MAX = 5_000;

  private final @Nullable TopicPattern pattern;
  private final int limit;
  private final long end;
  private final Buffer out = Buffer.buffer("{\"items\":[");
  private Cursor at;
  private int taken;
  private int lookedAt;

  MessageList(@Nullable TopicPattern pattern, int limit, Cursor start, long end) {
    this.pattern = pattern;
    this.limit = limit;
    this.at = start;
    this.end = end;
  }

  /** The last message that was looked at. */
  Cursor at() {
    return at;
  }

  boolean isDone() {
    return taken >= limit
        || out.length() >= BYTES_MAX
        || lookedAt >= LOOKED_AT_MAX
        || at.seq() >= end;
  }

  /** Looks at the next message; false when the list was complete before. */
  boolean take(LogEntry entry) {
    if (isDone()) {
      return false;
    }
    at = new Cursor(entry.epoch(), entry.seq());
    lookedAt++;
    if (pattern == null || pattern.matches(entry.topic())) {
      if (taken++ > 0) {
        out.appendByte((byte) ',');
      }
      out.appendString("{\"cursor\":\"")
          .appendString(at.toString())
          .appendString("\",\"event\":")
          .appendBytes(entry.event())
          .appendByte((byte) '}');
    }
    return true;
  }

  Answer answer(boolean logEnded) {
    out.appendByte((byte) ']');
    if (!logEnded && at.seq() < end) {
      out.appendString(",\"next\":\"").appendString(at.toString()).appendByte((byte) '"');
    }
    return new Answer(200, out.appendByte((byte) '}'));
  }
}
