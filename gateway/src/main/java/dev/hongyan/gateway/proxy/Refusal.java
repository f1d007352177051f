package dev.hongyan.gateway.proxy;

import dev.hongyan.gateway.http.RequestIds;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/**
 * Our ways to say no, in WeChat's form: a JSON object with {@code errcode} and {@code errmsg}, and
 * the same number in {@code X-Hongyan-Error}, which WeChat's own answers never carry.
 */
enum Refusal {
  /** No key and no stand-in. */
  NONE_GIVEN(41001),
  /** The stand-in or key is unknown, ended, or another's; an SDK gets itself a new stand-in. */
  UNKNOWN(42001),
  /** The key given as secret of a token call is not good. */
  WRONG_SECRET(40125),
  /** The appid of a token call is not the account's. */
  WRONG_APPID(40013),
  /** What is asked of a token call is nothing that it does. */
  WRONG_TYPE(40002),
  /** A quota is used up, ours or WeChat's. */
  QUOTA(990001),
  /** The breaker is open or this node is full: WeChat was not asked. */
  FALLBACK(990002),
  /** Path, scope or account do not allow it. */
  NOT_ALLOWED(990003),
  /** Path, {@code X-Tenant-ID} and token name different tenants. */
  MISMATCH(990003),
  /** WeChat could not be reached or gave no answer that makes sense. */
  UNREACHABLE(990004);

  static final CharSequence ERROR_HEADER = HttpHeaders.createOptimized("x-hongyan-error");
  private static final CharSequence FALLBACK_HEADER =
      HttpHeaders.createOptimized("x-graceful-fallback");
  private static final CharSequence TRUE = HttpHeaders.createOptimized("true");
  private static final CharSequence JSON =
      HttpHeaders.createOptimized("application/json; charset=utf-8");

  private final int errcode;

  Refusal(int errcode) {
    this.errcode = errcode;
  }

  int errcode() {
    return errcode;
  }

  /** Writes it, unless something else is under way. */
  void answer(HttpServerResponse response, String why, String requestId) {
    if (response.headWritten() || response.closed()) {
      return;
    }
    if (this == NONE_GIVEN) {
      response.setStatusCode(401).putHeader("www-authenticate", "Bearer");
    }
    if (this == MISMATCH) {
      response.setStatusCode(403);
    }
    if (this == FALLBACK) {
      response.putHeader(FALLBACK_HEADER, TRUE);
    }
    write(response, errcode, why, requestId);
  }

  /** The same with an errcode of WeChat's, for what WeChat told the token service. */
  static void pass(HttpServerResponse response, int errcode, String why, String requestId) {
    if (!response.headWritten() && !response.closed()) {
      write(response, errcode, why, requestId);
    }
  }

  private static void write(
      HttpServerResponse response, int errcode, String why, String requestId) {
    String number = Integer.toString(errcode);
    response.putHeader(ERROR_HEADER, number).putHeader(RequestIds.HEADER, requestId);
    json(
        response,
        new JsonObject().put("errcode", errcode).put("errmsg", why + " rid: " + requestId));
  }

  /** An answer of ours in WeChat's form. */
  static void json(HttpServerResponse response, JsonObject body) {
    Buffer bytes = body.toBuffer();
    var unused = response.putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(bytes);
  }
}
