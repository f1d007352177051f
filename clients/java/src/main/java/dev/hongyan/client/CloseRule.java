package dev.hongyan.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a close code asks of the client (protocol, section 5). */
record CloseRule(Kind kind, long afterMillis) {
  private static final Pattern RETRY_AFTER = Pattern.compile("retryAfterMs=(\\d{1,12})");
  private static final long RETRY_AFTER_MAX_MILLIS = 3_600_000;

  enum Kind {
    /** Back within a second. */
    NOW,
    /** Back when the server says. */
    AFTER,
    /** Not back by itself. */
    NEVER,
    /** Back with backoff. */
    NETWORK
  }

  static CloseRule of(int code, String reason) {
    if (code >= 4000 && code <= 4099) {
      return new CloseRule(Kind.NOW, 0);
    }
    if (code >= 4400 && code <= 4499) {
      return new CloseRule(Kind.NEVER, 0);
    }
    if (code >= 4100 && code <= 4199) {
      Matcher found = RETRY_AFTER.matcher(reason);
      if (found.find()) {
        long asked = Long.parseLong(found.group(1));
        return new CloseRule(Kind.AFTER, Math.min(asked, RETRY_AFTER_MAX_MILLIS));
      }
    }
    return new CloseRule(Kind.NETWORK, 0);
  }
}
