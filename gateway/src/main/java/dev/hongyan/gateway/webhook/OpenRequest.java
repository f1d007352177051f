package dev.hongyan.gateway.webhook;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** One request on its way through the door; a node of {@link OpenRequests}. */
final class OpenRequest {
  final HttpServerRequest http;
  final long startedNanos;

  /** Null when the request is refused already, which it learns at its end. */
  final @Nullable PushTarget target;

  /** The code of that refusal. */
  final @Nullable String refusal;

  /** Whom a component's push is for, from the path; null for an account's own. */
  final @Nullable String authorizer;

  private @Nullable Buffer body;
  private boolean bodyIsOurs;

  /** Its step in a trace, from when the push is understood until it is durable. */
  @Nullable PushSpan span;

  int kept;
  long received;
  boolean answered;

  @Nullable OpenRequest older;
  @Nullable OpenRequest younger;

  OpenRequest(
      HttpServerRequest http,
      long startedNanos,
      @Nullable PushTarget target,
      @Nullable String refusal,
      @Nullable String authorizer) {
    this.http = http;
    this.startedNanos = startedNanos;
    this.target = target;
    this.refusal = refusal;
    this.authorizer = authorizer;
  }

  /** Keeps a chunk. Most pushes are one chunk, which is kept as it came. */
  void keep(Buffer chunk) {
    Buffer before = body;
    kept += chunk.length();
    if (before == null) {
      body = chunk;
    } else if (bodyIsOurs) {
      before.appendBuffer(chunk);
    } else {
      body =
          Buffer.buffer(before.length() + chunk.length()).appendBuffer(before).appendBuffer(chunk);
      bodyIsOurs = true;
    }
  }

  /** Hands the body out and forgets it. */
  @Nullable Buffer takeBody() {
    Buffer all = body;
    body = null;
    return all;
  }
}
