package dev.hongyan.gateway.http;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers failures as {@code application/problem+json} (RFC 9457). */
public final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final String TYPE = "https://hongyan.dev/problems/";

  private Problems() {}

  /**
   * Writes the answer, unless one is under way. What is not a {@link ProblemException} is a bug of
   * ours: it is logged with its trace, and the caller gets the request id only.
   */
  public static void answer(HttpServerResponse response, Throwable failure, String requestId) {
    Problem problem = ProblemException.of(failure);
    if (problem == Problem.INTERNAL) {
      LOG.atError().addKeyValue("requestId", requestId).setCause(failure).log("request failed");
    }
    if (response.headWritten() || response.closed()) {
      return;
    }
    SecurityHeaders.ofData(response);
    if (problem == Problem.UNAUTHENTICATED) {
      response.putHeader("www-authenticate", "Bearer");
    }
    if (failure instanceof ProblemException known) {
      known.headers().forEach(response::putHeader);
      if (known.retryAfterMillis() > 0) {
        response.putHeader("retry-after", Long.toString((known.retryAfterMillis() + 999) / 1000));
      }
    }
    var unused =
        response
            .setStatusCode(problem.httpStatus())
            .putHeader("content-type", "application/problem+json")
            .putHeader(RequestIds.HEADER, requestId)
            .end(document(problem, failure, requestId).toBuffer());
  }

  private static JsonObject document(Problem problem, Throwable failure, String requestId) {
    JsonObject json =
        new JsonObject()
            .put("type", TYPE + problem.code())
            .put("title", problem.title())
            .put("status", problem.httpStatus())
            .put("code", problem.code());
    if (failure instanceof ProblemException known) {
      json.put("detail", known.getMessage());
      if (!known.errors().isEmpty()) {
        JsonArray errors = new JsonArray();
        for (ProblemException.FieldError error : known.errors()) {
          errors.add(new JsonObject().put("field", error.field()).put("message", error.message()));
        }
        json.put("errors", errors);
      }
    }
    return json.put("requestId", requestId);
  }

  /** The problem behind a status that the router itself decided on. */
  public static ProblemException ofStatus(int status, @Nullable Throwable cause) {
    return switch (status) {
      case 404 -> Problem.NOT_FOUND.because("There is no such path");
      case 405 -> Problem.METHOD_NOT_ALLOWED.because("This path has other methods");
      case 413 -> Problem.TOO_LARGE.because("The body is over " + JsonBody.BYTES_MAX + " bytes");
      case 415 -> Problem.UNSUPPORTED_MEDIA_TYPE.because("The body must be application/json");
      case 504 -> Problem.TIMEOUT.because("The request was not complete in time");
      default ->
          status >= 400 && status < 500
              ? Problem.BAD_REQUEST.because("The request could not be read")
              : new ProblemException(Problem.INTERNAL, String.valueOf(cause));
    };
  }
}
