package dev.hongyan.observability.problem;

import java.util.List;
import java.util.Map;

/**
 * A {@link Problem} on its way to an edge. Carries no stack trace: it is an expected "no", not a
 * bug. The detail is shown to the caller, so it never holds a secret, a payload or another tenant's
 * name.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;
  private final transient List<FieldError> errors;
  private final long retryAfterMillis;
  private final transient Map<String, String> headers;

  /**
   * What is wrong with one field.
   *
   * @param field where, as a path with dots ({@code accounts.shop.encodingAesKey})
   * @param message what is expected there; never repeats a secret value
   */
  public record FieldError(String field, String message) {}

  public ProblemException(Problem problem, String detail) {
    this(problem, detail, List.of());
  }

  public ProblemException(Problem problem, String detail, List<FieldError> errors) {
    this(problem, detail, errors, 0, Map.of());
  }

  private ProblemException(
      Problem problem,
      String detail,
      List<FieldError> errors,
      long retryAfterMillis,
      Map<String, String> headers) {
    super(detail, null, false, false);
    this.problem = problem;
    this.errors = List.copyOf(errors);
    this.retryAfterMillis = retryAfterMillis;
    this.headers = Map.copyOf(headers);
  }

  /**
   * The same, with when to ask again.
   *
   * @param headers what an answer over HTTP says about it besides {@code Retry-After}
   */
  public ProblemException retryAfter(long millis, Map<String, String> headers) {
    return new ProblemException(problem, String.valueOf(getMessage()), errors, millis, headers);
  }

  /** When asking again can help, in milliseconds from now; 0 when that is not known. */
  public long retryAfterMillis() {
    return retryAfterMillis;
  }

  /** For an answer over HTTP, by lower-case name. */
  public Map<String, String> headers() {
    return headers;
  }

  public Problem problem() {
    return problem;
  }

  /** All field errors at once; empty when the problem is not about fields. */
  public List<FieldError> errors() {
    return errors;
  }

  /**
   * The problem behind any failure: its own when it is one of ours, else {@link Problem#INTERNAL}.
   */
  public static Problem of(Throwable failure) {
    return failure instanceof ProblemException p ? p.problem : Problem.INTERNAL;
  }
}
