package dev.hongyan.router.destination;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.tracing.Kind;
import dev.hongyan.observability.tracing.Span;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.envelope.Traceparent;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Destination;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends events to tenants' HTTP services: {@code POST} of the CloudEvent in structured mode, its
 * bytes as they are in the log, signed by the Standard Webhooks specification.
 *
 * <p>Made and used on one event loop; the connections behind it are shared by all that the node
 * makes. They stay open for the next request; how many there are is up to the caller, who keeps to
 * {@link Destination#concurrency}. Redirects are not followed, answers are not decompressed.
 */
public final class DestinationClient {
  private static final CharSequence CONTENT_TYPE =
      HttpHeaders.createOptimized("application/cloudevents+json; charset=UTF-8");
  private static final CharSequence WEBHOOK_ID = HttpHeaders.createOptimized("webhook-id");
  private static final CharSequence WEBHOOK_TIMESTAMP =
      HttpHeaders.createOptimized("webhook-timestamp");
  private static final CharSequence WEBHOOK_SIGNATURE =
      HttpHeaders.createOptimized("webhook-signature");
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized("traceparent");
  private static final CharSequence TENANT = HttpHeaders.createOptimized("x-tenant-id");
  private static final CharSequence ATTEMPT = HttpHeaders.createOptimized("x-hongyan-attempt");

  private static final int CONNECT_MILLIS = 10_000;

  /** Well over what one host gets by the limits of its destinations; ours rule, not the pool's. */
  private static final int CONNECTIONS_PER_HOST = 4_096;

  private final Clock clock;
  private final Timers timers;
  private final CharSequence userAgent;
  private final AddressGuard guard;
  private final HttpClient http;
  private final Tracing tracing;
  private final Target.Known targets = new Target.Known();

  /**
   * @param version ours, for {@code user-agent}
   * @param allowPrivate whether private, loopback and link-local addresses may be sent to
   */
  public DestinationClient(
      Vertx vertx,
      Clock clock,
      Timers timers,
      String version,
      boolean allowPrivate,
      Tracing tracing) {
    this(
        vertx,
        clock,
        timers,
        version,
        new AddressGuard(name -> resolve(vertx, name), clock, allowPrivate),
        options(),
        tracing);
  }

  DestinationClient(
      Vertx vertx,
      Clock clock,
      Timers timers,
      String version,
      AddressGuard guard,
      HttpClientOptions options,
      Tracing tracing) {
    this.clock = clock;
    this.timers = timers;
    this.userAgent = HttpHeaders.createOptimized("Hongyan/" + version);
    this.guard = guard;
    this.tracing = tracing;
    this.http =
        vertx
            .httpClientBuilder()
            .with(options)
            .with(
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_PER_HOST).setMaxWaitQueueSize(1_000))
            // The attempt hears of it; unhandled, each reset by a receiver is logged as our error.
            .withConnectHandler(connection -> connection.exceptionHandler(e -> {}))
            .build();
  }

  static HttpClientOptions options() {
    return new HttpClientOptions()
        .setShared(true)
        .setName("destinations")
        .setConnectTimeout(CONNECT_MILLIS)
        .setKeepAliveTimeout(20)
        .setMaxHeaderSize(16 * 1024)
        .setVerifyHost(true);
  }

  /**
   * One attempt.
   *
   * @param attempt 1 for the first of its series
   * @return never fails; complete after {@link Destination#timeout} at the latest
   */
  public Future<AttemptResult> send(Destination destination, LogEntry entry, int attempt) {
    Attempt one = new Attempt(clock, timers, destination.timeout());
    String came = Traceparent.in(entry.event());
    Span span = tracing.begin(came);
    if (span != null) {
      endWith(one, span, destination.id(), entry, attempt);
    }
    String traceparent = span == null ? came : span.header();
    try {
      Target target = targets.get(entry.tenant(), destination);
      guard
          .check(target.host)
          .onFailure(e -> unresolved(one, e))
          .onSuccess(address -> send(one, target, address, entry, attempt, traceparent));
    } catch (IllegalArgumentException e) {
      one.failed(Outcome.RETRY, String.valueOf(e.getMessage())); // words of Target
    }
    return one.result();
  }

  private void endWith(Attempt one, Span span, String destination, LogEntry entry, int attempt) {
    long began = clock.nanos();
    one.result()
        .onSuccess(
            result -> {
              if (tracing.wants(span, result.delivered())) {
                tracing.end(
                    span,
                    Kind.CLIENT,
                    "message deliver",
                    began,
                    result.delivered() ? null : result.error(),
                    "hongyan.tenant",
                    entry.tenant(),
                    "hongyan.topic",
                    entry.topic(),
                    "hongyan.message.id",
                    Long.toString(entry.header().id()),
                    "hongyan.destination",
                    destination,
                    "hongyan.attempt",
                    (long) attempt,
                    "http.response.status_code",
                    result.status() == 0 ? null : (long) result.status());
              }
            });
  }

  private static void unresolved(Attempt one, Throwable failure) {
    if (failure instanceof IllegalArgumentException) {
      one.failed(Outcome.RETRY, String.valueOf(failure.getMessage())); // words of AddressGuard
    } else {
      one.failed(failure);
    }
  }

  static Future<List<InetAddress>> resolve(Vertx vertx, String name) {
    Promise<List<InetAddress>> promise = Promise.promise();
    ((VertxInternal) vertx)
        .nameResolver()
        .resolveAll(
            name,
            found -> {
              if (found.failed()) {
                promise.fail(found.cause());
              } else {
                promise.complete(
                    found.result().stream().map(InetSocketAddress::getAddress).toList());
              }
            });
    return promise.future();
  }

  /** Ends this client's part of the shared connections. */
  public Future<Void> close() {
    return http.close();
  }

  private void send(
      Attempt one,
      Target target,
      InetAddress address,
      LogEntry entry,
      int attempt,
      @Nullable String traceparent) {
    if (one.isOver()) {
      return;
    }
    one.result()
        .onSuccess(
            result -> {
              if (result.error().startsWith("connect: ")) {
                guard.unreachable(target.host, address);
              }
            });
    try {
      one.send(
          http,
          request(target, address, entry, attempt, traceparent),
          BufferInternal.buffer(Unpooled.wrappedBuffer(entry.event())));
    } catch (RuntimeException e) {
      one.failed(e); // a client that is closed says so by throwing
    }
  }

  private RequestOptions request(
      Target target,
      InetAddress address,
      LogEntry entry,
      int attempt,
      @Nullable String traceparent) {
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        // The literal, never the name: it is part of the key by which connections are reused.
        .setServer(SocketAddress.inetSocketAddress(target.port, address.getHostAddress()))
        .setHost(target.host)
        .setPort(target.port)
        .setSsl(target.tls)
        .setURI(target.uri)
        .setFollowRedirects(false)
        .setHeaders(headers(target, entry, attempt, traceparent));
  }

  private MultiMap headers(
      Target target, LogEntry entry, int attempt, @Nullable String traceparent) {
    long now = clock.wallMillis();
    String id = Long.toString(entry.header().id());
    String timestamp = Long.toString(Math.floorDiv(now, 1000));
    MultiMap headers =
        HttpHeaders.headers()
            .set(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE)
            .set(HttpHeaders.USER_AGENT, userAgent)
            .set(WEBHOOK_ID, id)
            .set(WEBHOOK_TIMESTAMP, timestamp)
            .set(WEBHOOK_SIGNATURE, target.signer.sign(id, timestamp, entry.event(), now))
            .set(TENANT, entry.tenant())
            .set(ATTEMPT, Integer.toString(attempt));
    return traceparent == null ? headers : headers.set(TRACEPARENT, traceparent);
  }
}
