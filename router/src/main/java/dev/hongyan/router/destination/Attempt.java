package dev.hongyan.router.destination;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, within one time limit. Whatever is not done in time is ended together
 * with its connection, so that a late answer can be taken for no other's.
 */
final class Attempt {
  private static final byte[] NOTHING = {};

  /** Beyond this an answer is not waited for any more; what it is is known from its head. */
  private static final int READ_MAX = 64 * 1024;

  private static final int PREFIX_MAX = 16 * 1024;

  private final Clock clock;
  private final long beganNanos;
  private final Promise<AttemptResult> promise = Promise.promise();
  private final Timers.Cancellable limit;
  private @Nullable HttpClientRequest request;
  private byte[] prefix = NOTHING;
  private int prefixLength;
  private int read;

  Attempt(Clock clock, Timers timers, Duration within) {
    this.clock = clock;
    this.beganNanos = clock.nanos();
    this.limit = timers.after(within, () -> failed(Outcome.RETRY_SLOWLY, Trouble.TIMEOUT));
  }

  /** Never fails. */
  Future<AttemptResult> result() {
    return promise.future();
  }

  boolean isOver() {
    return promise.future().isComplete();
  }

  void send(HttpClient http, RequestOptions options, Buffer body) {
    http.request(options)
        .compose(
            made -> {
              request = made;
              if (isOver()) {
                giveUp();
                return Future.failedFuture(new IllegalStateException());
              }
              return made.send(body);
            })
        .onSuccess(this::read)
        .onFailure(this::failed);
  }

  /** Ends this with what went wrong, unless it is over already. */
  void failed(Throwable failure) {
    if (failure instanceof AddressGuard.Refused) {
      failed(Outcome.REFUSED_ADDRESS, String.valueOf(failure.getMessage()));
    } else if (failure instanceof ConnectTimeoutException) {
      failed(Outcome.RETRY_SLOWLY, Trouble.CONNECT_TIMEOUT);
    } else {
      failed(Outcome.RETRY, Trouble.words(failure));
    }
  }

  void failed(Outcome outcome, String words) {
    if (!isOver()) {
      end(AttemptResult.unanswered(outcome, words, took()));
      giveUp();
    }
  }

  private void read(HttpClientResponse response) {
    if (isOver()) {
      return;
    }
    response.exceptionHandler(this::failed);
    response.handler(
        part -> {
          keep(part);
          read += part.length();
          if (read > READ_MAX && !isOver()) {
            answered(response);
            giveUp();
          }
        });
    response.endHandler(
        end -> {
          if (!isOver()) {
            answered(response);
          }
        });
  }

  private void keep(Buffer part) {
    int more = Math.min(part.length(), PREFIX_MAX - prefixLength);
    if (more > 0) {
      if (prefixLength + more > prefix.length) {
        int room = Math.max(prefix.length * 2, prefixLength + more);
        prefix = Arrays.copyOf(prefix, Math.min(room, PREFIX_MAX));
      }
      part.getBytes(0, more, prefix, prefixLength);
      prefixLength += more;
    }
  }

  private void answered(HttpClientResponse response) {
    byte[] kept = prefixLength == prefix.length ? prefix : Arrays.copyOf(prefix, prefixLength);
    end(
        Answers.read(
            response.statusCode(),
            name -> response.headers().get(name),
            kept,
            took(),
            clock.wallMillis()));
  }

  private void end(AttemptResult result) {
    limit.cancel();
    promise.complete(result);
  }

  private Duration took() {
    return Duration.ofNanos(clock.nanos() - beganNanos);
  }

  /** Closes the connection when the answer, or the rest of it, is still to come. */
  private void giveUp() {
    HttpClientRequest open = request;
    if (open != null) {
      var unused = open.reset();
    }
  }
}
