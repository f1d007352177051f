package dev.hongyan.router.cursor;

import org.jspecify.annotations.Nullable;

/** Where a reader wants to begin. */
public record StartAt(Kind kind, @Nullable Cursor cursor) {

  public enum Kind {
    /** At the live end: only what comes from now on. */
    NOW,
    /** At the oldest message kept. */
    FIRST,
    /** Behind a cursor. */
    CURSOR
  }

  public static final StartAt NOW = new StartAt(Kind.NOW, null);
  public static final StartAt FIRST = new StartAt(Kind.FIRST, null);

  /**
   * Reads {@code first}, {@code now} or a cursor; null text means now. Gives null for what is none
   * of these.
   */
  public static @Nullable StartAt parse(@Nullable String text) {
    if (text == null || text.equals("now")) {
      return NOW;
    }
    if (text.equals("first")) {
      return FIRST;
    }
    Cursor cursor = Cursor.parse(text);
    return cursor == null ? null : new StartAt(Kind.CURSOR, cursor);
  }
}
