package dev.hongyan.gateway.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.OperatorKey;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * Says who sent a request, by its {@code Authorization: Bearer}: the operator, an API key, a
 * client's token or a token of a tenant's own issuer. For one event loop.
 */
public final class Identity {
  private static final String BEARER = "bearer ";
  private static final int KEY_CHARS_MAX = 8 * 1024;

  private final OperatorKey operator;
  private final ApiKeys keys;
  private final Tokens tokens;
  private final Guesses guesses;
  private final Refusals refusals;

  /**
   * @param keys on whose event loop the Futures end
   * @param tokens of the same event loop
   */
  public Identity(
      OperatorKey operator, ApiKeys keys, Tokens tokens, Clock clock, Refusals refusals) {
    this.operator = operator;
    this.keys = keys;
    this.tokens = tokens;
    this.guesses = new Guesses(clock);
    this.refusals = refusals;
  }

  /**
   * The sender. Fails with UNAUTHENTICATED, or with RATE_LIMITED after too many wrong keys, then
   * with {@code Retry-After} put on the response.
   */
  public Future<Caller> of(HttpServerRequest request) {
    String key = bearer(request.getHeader("authorization"));
    if (key == null) {
      return Future.failedFuture(
          Problem.UNAUTHENTICATED.because("Send a key as Authorization: Bearer"));
    }
    return of(request, key);
  }

  /** The same for a key that was found elsewhere in the request. */
  public Future<Caller> of(HttpServerRequest request, String key) {
    String address = request.remoteAddress() == null ? null : request.remoteAddress().hostAddress();
    String from = address == null ? "" : address;
    long wait = guesses.waitSeconds(from, key);
    if (wait > 0) {
      refusals.unseen();
      request.response().putHeader("retry-after", Long.toString(wait));
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("Too many wrong keys like this one; wait as told"));
    }
    return identify(key)
        .onSuccess(caller -> guesses.wasGood(key))
        .onFailure(
            failure -> {
              if (ProblemException.of(failure) == Problem.UNAUTHENTICATED) {
                wrong(from, key);
              }
            });
  }

  private void wrong(String from, String key) {
    refusals.wrong(from, key);
    long slowedSeconds = guesses.wasWrong(from, key);
    if (slowedSeconds > 0) {
      refusals.slowed(from, key, slowedSeconds);
    }
  }

  private Future<Caller> identify(String key) {
    if (operator.matches(key)) {
      return Future.succeededFuture(new Caller.Operator());
    }
    return ApiKeys.tenantOf(key) == null
        ? tokens.check(key)
        : keys.verify(key).map(caller -> caller);
  }

  private static @Nullable String bearer(@Nullable String header) {
    if (header == null
        || header.length() > KEY_CHARS_MAX
        || !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return null;
    }
    String key = header.substring(BEARER.length()).strip();
    return key.isEmpty() ? null : key;
  }
}
