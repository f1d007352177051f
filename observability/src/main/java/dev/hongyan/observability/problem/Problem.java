package dev.hongyan.observability.problem;

/**
 * Everything that can be answered with a "no", once. An edge (HTTP, WebSocket, command line)
 * translates an entry into its own form; nobody makes up a code elsewhere.
 *
 * <p>Close codes 4000–4199 ask the client to come back, 4400–4499 tell it not to (see the WebSocket
 * protocol, section 5).
 */
public enum Problem {
  BAD_REQUEST(
      "bad-request",
      400,
      4400,
      Retry.NEVER,
      "The request is not of the form that is expected here"),
  VALIDATION("validation", 400, 4400, Retry.NEVER, "One or more fields are not valid"),
  UNAUTHENTICATED("unauthenticated", 401, 4401, Retry.NEVER, "A valid key or token is needed"),
  FORBIDDEN("forbidden", 403, 4403, Retry.NEVER, "This key or token may not do that"),
  TENANT_MISMATCH(
      "tenant-mismatch", 403, 4403, Retry.NEVER, "Path, header and token name different tenants"),
  NOT_FOUND(
      "not-found", 404, 4404, Retry.NEVER, "There is nothing here, or nothing that you may see"),
  NO_SUCH_TENANT(
      "no-such-tenant", 404, 4404, Retry.NEVER, "The tenant does not exist or is suspended"),
  METHOD_NOT_ALLOWED(
      "method-not-allowed", 405, 4400, Retry.NEVER, "This path does not know that method"),
  CONFLICT(
      "conflict",
      409,
      4409,
      Retry.NEVER,
      "Something with this name exists already, or it was changed meanwhile"),
  REPLACED("replaced", 409, 4409, Retry.NEVER, "A newer connection took over this name"),
  PRECONDITION_FAILED(
      "precondition-failed", 412, 4400, Retry.NEVER, "The resource has changed since it was read"),
  TOO_LARGE("too-large", 413, 4413, Retry.NEVER, "The body or frame is over the limit"),
  UNSUPPORTED_MEDIA_TYPE("unsupported-media-type", 415, 4400, Retry.NEVER, "JSON is expected here"),
  WRONG_VERSION(
      "wrong-version", 400, 4415, Retry.NEVER, "The offered protocol version is not spoken here"),
  RATE_LIMITED("rate-limited", 429, 4101, Retry.LATER, "Too many requests; wait as told"),
  QUOTA_EXCEEDED(
      "quota-exceeded",
      403,
      4403,
      Retry.NEVER,
      "The tenant has as much of this as it may have; remove some, or ask for more"),
  OVERLOADED("overloaded", 503, 4100, Retry.LATER, "The node is at its limit; wait as told"),
  STORE_UNAVAILABLE(
      "store-unavailable",
      503,
      4102,
      Retry.LATER,
      "The store cannot be reached; nothing was accepted"),
  DRAINING("draining", 503, 4000, Retry.NOW, "This node is leaving; another one takes over"),
  OWNER_MOVED("owner-moved", 503, 4002, Retry.NOW, "The tenant is served by another node now"),
  HEARTBEAT_MISSED("heartbeat-missed", 408, 4001, Retry.NOW, "Nothing was heard for too long"),
  ISSUER_UNAVAILABLE(
      "issuer-unavailable",
      503,
      4100,
      Retry.LATER,
      "The keys of the token's issuer cannot be had now"),
  WECHAT_UNAVAILABLE(
      "wechat-unavailable",
      503,
      4100,
      Retry.LATER,
      "WeChat is busy, cannot be reached, or limits this account for some time"),
  WECHAT_REFUSES(
      "wechat-refuses",
      502,
      4400,
      Retry.NEVER,
      "WeChat says no to this account until its settings here or there change"),
  TIMEOUT("timeout", 504, 4100, Retry.LATER, "An answer did not come in time"),
  INTERNAL(
      "internal",
      500,
      4100,
      Retry.LATER,
      "Something broke on our side; it is logged under the request id");

  /** Whether asking again can help. */
  public enum Retry {
    NEVER,
    LATER,
    NOW
  }

  private final String code;
  private final int httpStatus;
  private final int closeCode;
  private final Retry retry;
  private final String title;

  Problem(String code, int httpStatus, int closeCode, Retry retry, String title) {
    this.code = code;
    this.httpStatus = httpStatus;
    this.closeCode = closeCode;
    this.retry = retry;
    this.title = title;
  }

  /** The stable name that clients may rely on, in kebab-case. */
  public String code() {
    return code;
  }

  public int httpStatus() {
    return httpStatus;
  }

  /** The WebSocket close code where this ends a connection. */
  public int closeCode() {
    return closeCode;
  }

  public Retry retry() {
    return retry;
  }

  /** One sentence for people. */
  public String title() {
    return title;
  }

  /** This problem as something to throw or to fail a Future with. */
  public ProblemException because(String detail) {
    return new ProblemException(this, detail);
  }
}
