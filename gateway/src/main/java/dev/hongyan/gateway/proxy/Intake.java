package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The body of a caller's request. One of at most {@value #KEPT_BYTES_MAX} bytes is kept, so it can
 * be sent again; a larger one goes through as it comes, at the pace of whoever is slower, and once.
 */
final class Intake {
  static final int KEPT_BYTES_MAX = 256 * 1024;

  /** How long a body that is kept may take. */
  private static final Duration KEPT_WITHIN = Duration.ofSeconds(30);

  private final HttpServerRequest request;
  private final Budget budget;
  private final Timers timers;
  private final @Nullable String length;
  private Buffer kept = Buffer.buffer();
  private boolean whole;
  private boolean started;
  private int reserved;

  /** What all bodies of an event loop that are kept may take; what is over it is streamed. */
  static final class Budget {
    private long left;

    Budget(long bytes) {
      this.left = bytes;
    }

    boolean reserve(int bytes) {
      if (left < bytes) {
        return false;
      }
      left -= bytes;
      return true;
    }

    void release(int bytes) {
      left += bytes;
    }
  }

  /**
   * @param request paused
   */
  Intake(HttpServerRequest request, Budget budget, Timers timers) {
    this.timers = timers;
    this.request = request;
    this.budget = budget;
    this.length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
  }

  /** Ends when the body is here, or when it is too large for that. */
  Future<Intake> read() {
    if (length != null && isOverLimit(length)) {
      return Future.succeededFuture(this);
    }
    Promise<Intake> promise = Promise.promise();
    var reading =
        request
            .exceptionHandler(promise::tryFail)
            .handler(
                chunk -> {
                  boolean fits =
                      kept.length() + chunk.length() <= KEPT_BYTES_MAX
                          && budget.reserve(chunk.length());
                  kept.appendBuffer(chunk);
                  if (fits) {
                    reserved += chunk.length();
                  } else {
                    request.pause();
                    promise.tryComplete(this);
                  }
                })
            .endHandler(
                end -> {
                  whole = true;
                  promise.tryComplete(this);
                })
            .resume();
    if (promise.future().isComplete()) {
      return promise.future();
    }
    Timers.Cancellable limit =
        timers.after(
            KEPT_WITHIN,
            () -> {
              if (promise.tryFail(Problem.TIMEOUT.because("the body did not come"))) {
                var unused = request.connection().close();
              }
            });
    return promise.future().onComplete(done -> limit.cancel());
  }

  /** Whether it can be sent once more. */
  boolean isRepeatable() {
    return whole;
  }

  /** Whether a part of it is gone for good. */
  boolean isSpent() {
    return started && !whole;
  }

  /** All of it; only of what is repeatable. */
  Buffer buffer() {
    return kept;
  }

  /** Sends it; ends when the last byte was taken. */
  Future<Void> sendTo(HttpClientRequest to) {
    if (whole) {
      return kept.length() == 0 ? to.end() : to.end(kept);
    }
    started = true;
    if (length != null) {
      to.putHeader(HttpHeaders.CONTENT_LENGTH, length);
    } else {
      to.setChunked(true);
    }
    if (kept.length() > 0) {
      var unused = to.write(kept);
      kept = Buffer.buffer();
    }
    return request.pipe().endOnFailure(false).to(to);
  }

  /** It is needed no more. */
  void release() {
    budget.release(reserved);
    reserved = 0;
    if (whole) {
      kept = Buffer.buffer();
    }
  }

  private static boolean isOverLimit(String contentLength) {
    if (contentLength.length() > 9) {
      return true;
    }
    int value = 0;
    for (int i = 0; i < contentLength.length(); i++) {
      value = value * 10 + (contentLength.charAt(i) - '0');
    }
    return value > KEPT_BYTES_MAX;
  }
}
