package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.token.fetch.Host;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request to one host, up to an answer that can be judged. Fails with {@link Trouble} only. */
final class Attempt {
  /**
   * All that goes out of what the caller sent. Not {@code Accept-Encoding}: a packed answer could
   * not be judged.
   */
  private static final Set<String> PASSED_ON =
      Set.of(
          "accept", "accept-language", "content-encoding", "content-type", "range", "user-agent");

  /** Of signed calls of mini programs. */
  private static final String SIGNED = "wechatmp-";

  private final Upstream upstream;
  private final Promise<Answer> promise = Promise.promise();
  private Timers.@Nullable Cancellable limit;
  private @Nullable HttpClientRequest request;
  private boolean sent;

  Attempt(Upstream upstream) {
    this.upstream = upstream;
  }

  /** Whether WeChat may have got it. */
  boolean isSent() {
    return sent;
  }

  /**
   * @param uri path and query, with the token
   */
  Future<Answer> run(Host host, String uri, HttpServerRequest from, Intake body) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(from.method())
            .setHost(host.name())
            .setPort(host.port())
            .setSsl(host.tls())
            .setURI(uri)
            .setFollowRedirects(false)
            .setConnectTimeout(upstream.connectWithin().toMillis());
    // Also for the wait for a free connection.
    limitBegins();
    var unused =
        upstream
            .http()
            .request(options)
            .onComplete(opened -> send(opened, from, body), this::failed);
    return promise.future();
  }

  private void send(HttpClientRequest opened, HttpServerRequest from, Intake body) {
    if (promise.future().isComplete()) {
      var unused = opened.reset();
      return;
    }
    request = opened;
    sent = true;
    copyHeaders(from, opened);
    var waiting =
        opened.response().onComplete(response -> Answer.read(response, judged()), this::failed);
    if (body.isRepeatable()) {
      var unused = body.sendTo(opened).onFailure(this::failed);
      return;
    }
    // The caller's pace is not WeChat's fault.
    limitEnds();
    var unused =
        body.sendTo(opened)
            .onComplete(
                done -> {
                  if (!promise.future().isComplete()) {
                    limitBegins();
                  }
                },
                failure -> failed(from.response().closed() ? Trouble.callerGone() : failure));
  }

  /** Completed by whoever reads the answer. */
  private Promise<Answer> judged() {
    Promise<Answer> judged = Promise.promise();
    var unused =
        judged
            .future()
            .onComplete(
                answer -> {
                  limitEnds();
                  if (!promise.tryComplete(answer)) {
                    answer.drop();
                  }
                },
                this::failed);
    return judged;
  }

  private static void copyHeaders(HttpServerRequest from, HttpClientRequest to) {
    for (Map.Entry<String, String> header : from.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (PASSED_ON.contains(name) || name.startsWith(SIGNED)) {
        to.headers().add(header.getKey(), header.getValue());
      }
    }
  }

  private void limitBegins() {
    limit =
        upstream
            .timers()
            .after(
                upstream.answerWithin(),
                () ->
                    failed(
                        Trouble.because(
                            sent
                                ? "did not answer within "
                                    + upstream.answerWithin().toMillis()
                                    + " ms"
                                : "had no free connection")));
  }

  private void limitEnds() {
    if (limit != null) {
      limit.cancel();
      limit = null;
    }
  }

  private void failed(Throwable failure) {
    limitEnds();
    if (promise.tryFail(Trouble.of(failure)) && request != null) {
      var unused = request.reset();
    }
  }
}
