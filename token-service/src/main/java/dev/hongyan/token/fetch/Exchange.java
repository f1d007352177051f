package dev.hongyan.token.fetch;

import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.RequestOptions;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its whole answer, within one time limit and one size limit. For one event loop.
 */
public final class Exchange {
  /** Answers of the token endpoints have a few hundred bytes. */
  private static final int BODY_MAX = 64 * 1024;

  private final Promise<Answer> promise = Promise.promise();
  private final Timers.Cancellable limit;
  private @Nullable HttpClientRequest request;
  private boolean sent;

  /** What came back, at most 64 KiB. */
  public record Answer(int status, Buffer body) {}

  /** A failure in our own words. */
  private static final class Trouble extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Trouble(String message) {
      super(message, null, false, false);
    }
  }

  /** Begins the time. */
  public Exchange(Timers timers, Duration within) {
    this.limit =
        timers.after(within, () -> fail("did not answer within " + within.toMillis() + " ms"));
  }

  /** Whether the request may have reached the other side. */
  public boolean isSent() {
    return sent;
  }

  /** Makes the request; {@code body} is JSON, null for none. */
  public Future<Answer> run(HttpClient http, RequestOptions options, @Nullable Buffer body) {
    http.request(options)
        .compose(
            made -> {
              request = made;
              if (promise.future().isComplete()) {
                giveUp(made);
                return Future.failedFuture(new Trouble("too late"));
              }
              sent = true;
              if (body == null) {
                return made.send();
              }
              return made.putHeader("content-type", "application/json").send(body);
            })
        .onSuccess(this::read)
        .onFailure(promise::tryFail);
    return promise
        .future()
        .onComplete(
            done -> {
              limit.cancel();
              HttpClientRequest open = request;
              if (done.failed() && open != null) {
                giveUp(open);
              }
            });
  }

  /** What went wrong, without anything that the request or the answer held. */
  public static String describe(Throwable failure) {
    if (failure instanceof Trouble) {
      return String.valueOf(failure.getMessage());
    }
    if (failure instanceof UnknownHostException) {
      return "is not known to the name server";
    }
    if (failure instanceof SSLException) {
      return "failed in the TLS handshake";
    }
    if (failure instanceof ConnectException) {
      return "cannot be connected";
    }
    if (failure instanceof HttpClosedException || failure instanceof java.io.IOException) {
      return "dropped the connection";
    }
    return "failed with " + failure.getClass().getSimpleName();
  }

  private static void giveUp(HttpClientRequest request) {
    var unused = request.reset();
  }

  private void read(HttpClientResponse response) {
    Buffer all = Buffer.buffer();
    response.exceptionHandler(promise::tryFail);
    response.handler(
        part -> {
          if (all.length() + part.length() > BODY_MAX) {
            fail("answered with more than " + BODY_MAX + " bytes");
          } else {
            all.appendBuffer(part);
          }
        });
    response.endHandler(
        end -> {
          boolean unused = promise.tryComplete(new Answer(response.statusCode(), all));
        });
  }

  private void fail(String why) {
    boolean unused = promise.tryFail(new Trouble(why));
  }
}
