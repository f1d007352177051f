package dev.hongyan.gateway.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.access.OperatorKey;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * Says who sent a request, by its {@code Authorization: Bearer}: the operator, an API key or a
 * client's token. For one event loop.
 */
public final class Identity {
  private static final String BEARER = "bearer ";
  private static final int KEY_CHARS_MAX = 8 * 1024;

  private final OperatorKey operator;
  private final ApiKeys keys;
  private final ClientTokens tokens;
  private final Guesses guesses;

  /**
   * @param keys on whose event loop the Futures end
   */
  public Identity(OperatorKey operator, ApiKeys keys, ClientTokens tokens, Clock clock) {
    this.operator = operator;
    this.keys = keys;
    this.tokens = tokens;
    this.guesses = new Guesses(clock);
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
      request.response().putHeader("retry-after", Long.toString(wait));
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("Too many wrong keys like this one; wait as told"));
    }
    return identify(key)
        .onSuccess(caller -> guesses.wasGood(key))
        .onFailure(
            failure -> {
              if (ProblemException.of(failure) == Problem.UNAUTHENTICATED) {
                guesses.wasWrong(from, key);
              }
            });
  }

  private Future<Caller> identify(String key) {
    if (operator.matches(key)) {
      return Future.succeededFuture(new Caller.Operator());
    }
    if (ApiKeys.tenantOf(key) != null) {
      return keys.verify(key).map(caller -> caller);
    }
    try {
      return Future.succeededFuture(tokens.verify(key));
    } catch (ProblemException refused) {
      return Future.failedFuture(Problem.UNAUTHENTICATED.because("The key is not valid"));
    }
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
