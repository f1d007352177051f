package dev.hongyan.router.cursor;

import org.jspecify.annotations.Nullable;

/**
 * A place in a tenant's log as clients carry it: {@code epoch:seq}. To them it is opaque.
 * Everything up to and including the place is behind the reader.
 */
public record Cursor(String epoch, long seq) {

  /** Reads one; null when this was never ours. */
  public static @Nullable Cursor parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 1 || colon > 16 || text.length() - colon - 1 > 18 || text.length() == colon + 1) {
      return null;
    }
    long seq = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      if (i < colon ? !(digit || (c >= 'a' && c <= 'z')) : i > colon && !digit) {
        return null;
      }
      if (i > colon) {
        seq = seq * 10 + (c - '0');
      }
    }
    return new Cursor(text.substring(0, colon), seq);
  }

  @Override
  public String toString() {
    return epoch + ":" + seq;
  }
}
