package dev.hongyan.router.destination;

import dev.hongyan.observability.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Reads a small document from an address that a tenant has given, with the guard of destinations:
 * no private addresses and no plain http unless those are allowed, no redirects. For one event
 * loop.
 */
public final class GuardedGet {
  private final AddressGuard guard;
  private final HttpClient http;
  private final boolean allowPrivate;

  /**
   * @param allowPrivate whether private, loopback and link-local addresses may be read from, and
   *     plain http may be used
   */
  public GuardedGet(Vertx vertx, Clock clock, boolean allowPrivate) {
    this.guard =
        new AddressGuard(name -> DestinationClient.resolve(vertx, name), clock, allowPrivate);
    this.allowPrivate = allowPrivate;
    this.http =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setConnectTimeout(3_000)
                    .setKeepAliveTimeout(5)
                    .setMaxHeaderSize(16 * 1024)
                    .setVerifyHost(true))
            .with(new PoolOptions().setHttp1MaxSize(2).setMaxWaitQueueSize(100))
            .withConnectHandler(connection -> connection.exceptionHandler(e -> {}))
            .build();
  }

  /**
   * The document; fails for everything but a whole answer of 200 in time.
   *
   * @param bytesMax an answer over that is given up
   */
  public Future<Buffer> get(String address, int bytesMax, Duration within) {
    URI url;
    try {
      url = URI.create(address);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(new IllegalArgumentException("url: not valid"));
    }
    boolean tls = "https".equals(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT));
    String host = url.getHost();
    if (host == null || !tls && !allowPrivate) {
      return Future.failedFuture(new IllegalArgumentException("url: not https"));
    }
    return guard
        .check(host)
        .compose(found -> http.request(request(url, host, tls, found, within)))
        .compose(HttpClientRequest::send)
        .compose(answer -> read(answer, bytesMax))
        .timeout(within.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static RequestOptions request(
      URI url, String host, boolean tls, InetAddress found, Duration within) {
    int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return new RequestOptions()
        .setMethod(HttpMethod.GET)
        .setServer(SocketAddress.inetSocketAddress(port, found.getHostAddress()))
        .setHost(host)
        .setPort(port)
        .setSsl(tls)
        .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
        .setFollowRedirects(false)
        .setTimeout(within.toMillis())
        .putHeader("accept", "application/json");
  }

  private static Future<Buffer> read(HttpClientResponse answer, int bytesMax) {
    if (answer.statusCode() != 200) {
      answer.request().reset();
      return Future.failedFuture(new IllegalArgumentException("status: " + answer.statusCode()));
    }
    Promise<Buffer> promise = Promise.promise();
    Buffer whole = Buffer.buffer();
    answer
        .handler(
            chunk -> {
              if (whole.length() + chunk.length() > bytesMax) {
                answer.request().reset();
                promise.tryFail(new IllegalArgumentException("body: over " + bytesMax + " bytes"));
              } else {
                whole.appendBuffer(chunk);
              }
            })
        .exceptionHandler(promise::tryFail)
        .endHandler(end -> promise.tryComplete(whole));
    return promise.future();
  }

  /** Ends its connections. */
  public Future<Void> close() {
    return http.close();
  }
}
