package dev.hongyan.gateway.proxy;

import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What WeChat answered. Only a small JSON object is held whole, to see whether it is an error;
 * everything else is still on its way.
 *
 * @param head what is here of the body: all of it, or its beginning
 * @param whole whether {@code head} is all
 * @param errcode 0 where there is none
 */
record Answer(HttpClientResponse response, Buffer head, boolean whole, int errcode) {
  /** WeChat's errors have a few hundred bytes. */
  private static final int INSPECTED_BYTES_MAX = 16 * 1024;

  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "connection",
          "content-length",
          "keep-alive",
          "location",
          "proxy-authenticate",
          "proxy-connection",
          "set-cookie",
          "strict-transport-security",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final String OURS = "x-hongyan-";
  private static final String FALLBACK = "x-graceful-fallback";

  /** Reads as much as is needed to judge; {@code promise} gets it, or a {@link Trouble}. */
  static void read(HttpClientResponse response, Promise<Answer> promise) {
    int status = response.statusCode();
    String type = response.getHeader(HttpHeaders.CONTENT_TYPE);
    if (status < 200 || status >= 500 || status >= 300 && status < 400) {
      // A page of an error or a redirect may repeat the address, and with it the token.
      refuse(response, promise, "answered with status " + status);
    } else if (type != null && type.toLowerCase(Locale.ROOT).startsWith("text/html")) {
      refuse(response, promise, "answered with a page of HTML");
    } else {
      collect(response, promise, status >= 400);
    }
  }

  private static void refuse(HttpClientResponse response, Promise<Answer> promise, String why) {
    // Small pages are read so that the connection can be used again; others end it.
    if (length(response) > INSPECTED_BYTES_MAX || length(response) < 0) {
      var unused = response.request().reset();
    }
    boolean unused = promise.tryFail(Trouble.because(why));
  }

  private static void collect(
      HttpClientResponse response, Promise<Answer> promise, boolean onlyJson) {
    Buffer head = Buffer.buffer();
    boolean[] judged = new boolean[1];
    response.exceptionHandler(
        failure -> {
          boolean unused = promise.tryFail(Trouble.of(failure));
        });
    response.endHandler(
        end -> {
          if (judged[0]) {
            return;
          }
          judged[0] = true;
          boolean json = ErrcodeScan.isObject(head);
          boolean unused =
              onlyJson && !json
                  ? promise.tryFail(
                      Trouble.because("answered with status " + response.statusCode()))
                  : promise.tryComplete(
                      new Answer(response, head, true, json ? ErrcodeScan.find(head) : 0));
        });
    response.handler(
        chunk -> {
          head.appendBuffer(chunk);
          if (head.length() > INSPECTED_BYTES_MAX || !ErrcodeScan.isObject(head)) {
            response.pause();
            judged[0] = true;
            if (onlyJson) {
              var unused = response.request().reset();
              boolean told =
                  promise.tryFail(Trouble.because("answered with status " + response.statusCode()));
            } else if (!promise.tryComplete(new Answer(response, head, false, 0))) {
              var unused = response.request().reset();
            }
          }
        });
  }

  /** Passes it on; the rest of a large one at the pace of whoever is slower. */
  void relay(HttpServerRequest http) {
    HttpServerResponse to = http.response();
    if (to.closed() || to.headWritten()) {
      drop();
      return;
    }
    to.setStatusCode(response.statusCode());
    for (Map.Entry<String, String> header : response.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!NOT_PASSED_ON.contains(name) && !name.startsWith(OURS) && !name.equals(FALLBACK)) {
        to.headers().add(header.getKey(), header.getValue());
      }
    }
    if (whole) {
      var unused = to.end(head);
      return;
    }
    String length = response.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null) {
      to.putHeader(HttpHeaders.CONTENT_LENGTH, length);
    } else {
      to.setChunked(true);
    }
    var written = to.write(head);
    var unused =
        response
            .pipe()
            .endOnFailure(false)
            .to(to)
            .onFailure(
                cut -> {
                  // A body that was cut must not look like a whole one.
                  drop();
                  var closing = http.connection().close();
                });
  }

  /** Nobody wants it any more. */
  void drop() {
    if (!whole) {
      var unused = response.request().reset();
    }
  }

  private static long length(HttpClientResponse response) {
    @Nullable String length = response.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }
}
