package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import org.jspecify.annotations.Nullable;

/** What an {@code error} object says. The codes are those of the protocol, section 5. */
record ClientError(
    Code code,
    String message,
    @Nullable String sub,
    @Nullable Long serial,
    @Nullable Long retryAfterMillis) {

  enum Code {
    UNKNOWN_OP("unknown-op", Problem.Retry.NEVER),
    BAD_FIELD("bad-field", Problem.Retry.NEVER),
    BAD_CURSOR("bad-cursor", Problem.Retry.NEVER),
    FORBIDDEN_TOPIC("forbidden-topic", Problem.Retry.NEVER),
    NO_SUCH_SUBSCRIPTION("no-such-subscription", Problem.Retry.NEVER),
    TOO_MANY_SUBSCRIPTIONS("too-many-subscriptions", Problem.Retry.NEVER),
    RATE_LIMITED("rate-limited", Problem.Retry.LATER),
    QUOTA_EXCEEDED("quota-exceeded", Problem.Retry.NEVER),
    TOO_LARGE("too-large", Problem.Retry.NEVER),
    STORE_UNAVAILABLE("store-unavailable", Problem.Retry.LATER),
    TOKEN_MISMATCH("token-mismatch", Problem.Retry.NEVER),
    NOT_REPLIABLE("not-repliable", Problem.Retry.NEVER);

    final String text;
    final Problem.Retry retry;

    Code(String text, Problem.Retry retry) {
      this.text = text;
      this.retry = retry;
    }
  }

  static ClientError of(Code code, String message) {
    return new ClientError(code, message, null, null, null);
  }

  static ClientError ofSub(Code code, String message, String sub) {
    return new ClientError(code, message, sub, null, null);
  }

  ClientError retryAfter(long millis) {
    return new ClientError(code, message, sub, serial, millis);
  }

  static ClientError ofSerial(Code code, String message, long serial) {
    return new ClientError(
        code, message, null, serial, code.retry == Problem.Retry.LATER ? 1000L : null);
  }
}
