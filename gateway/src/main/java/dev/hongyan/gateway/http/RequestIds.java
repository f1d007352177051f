package dev.hongyan.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** The id under which a request is found in the log: the caller's, else one of ours. */
public final class RequestIds {
  /** The header, in both directions. */
  public static final CharSequence HEADER = HttpHeaders.createOptimized("x-request-id");

  private static final int CHARS_MAX = 64;

  private RequestIds() {}

  /**
   * The caller's id; null when there is none, or one that does not belong into a log line (1 to 64
   * letters, digits, {@code . _ -} are fine).
   */
  public static @Nullable String given(HttpServerRequest request) {
    String id = request.getHeader(HEADER);
    return id != null && isGood(id) ? id : null;
  }

  private static boolean isGood(String id) {
    int length = id.length();
    if (length == 0 || length > CHARS_MAX) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = id.charAt(i);
      if (!(c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || c >= '0' && c <= '9'
          || c == '-'
          || c == '_'
          || c == '.')) {
        return false;
      }
    }
    return true;
  }
}
