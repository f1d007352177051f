package dev.hongyan.gateway.http;

import io.vertx.core.http.HttpServerResponse;

/** The headers that keep a browser from doing more with an answer than we mean. */
public final class SecurityHeaders {
  private SecurityHeaders() {}

  /** For answers that are data: nothing of it is ever run, framed or kept. */
  public static void ofData(HttpServerResponse response) {
    response
        .putHeader("x-content-type-options", "nosniff")
        .putHeader("cache-control", "no-store")
        .putHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
        .putHeader("referrer-policy", "no-referrer");
  }

  /** For every answer over TLS: whoever came so once shall not come without it for a year. */
  public static void ofTls(HttpServerResponse response) {
    response.putHeader("strict-transport-security", "max-age=31536000");
  }

  /** For our own pages: scripts and styles from here only, sockets to here only. */
  public static void ofPage(HttpServerResponse response) {
    response
        .putHeader("x-content-type-options", "nosniff")
        .putHeader("cache-control", "no-cache")
        .putHeader(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                + " frame-ancestors 'none'")
        .putHeader("referrer-policy", "no-referrer");
  }
}
