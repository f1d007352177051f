package dev.hongyan.observability.management;

import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Readiness;
import dev.hongyan.observability.health.Report;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.ServerSSLOptions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The management port.
 *
 * <ul>
 *   <li>{@code GET /metrics}: Prometheus text, or OpenMetrics when {@code Accept} asks for it.
 *   <li>{@code GET /healthz}: every component with its latency; 503 when an essential one is down.
 *   <li>{@code GET /livez}: 200 while the event loop turns. Restart the process when it fails.
 *   <li>{@code GET /readyz}: 200 while this node wants traffic, else 503 with the reason.
 * </ul>
 *
 * <p>It has no authentication: it listens on the loopback address unless it is told otherwise.
 */
public final class ManagementVerticle extends VerticleBase {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final String host;
  private final int port;
  private final Metrics metrics;
  private final HealthChecks health;
  private final Readiness readiness;

  /** Scrapes under way by content type: readers that come meanwhile share one. */
  private final Map<String, Future<Buffer>> scrapes = new HashMap<>();

  private final UnaryOperator<HttpServerOptions> tls;
  private @Nullable HttpServer server;

  /** Listens on {@code host} and {@code port}; port 0 takes any free one. */
  public ManagementVerticle(
      String host, int port, Metrics metrics, HealthChecks health, Readiness readiness) {
    this(host, port, metrics, health, readiness, plain -> plain);
  }

  /**
   * The same.
   *
   * @param tls adds what is needed for it
   */
  public ManagementVerticle(
      String host,
      int port,
      Metrics metrics,
      HealthChecks health,
      Readiness readiness,
      UnaryOperator<HttpServerOptions> tls) {
    this.tls = tls;
    this.host = host;
    this.port = port;
    this.metrics = metrics;
    this.health = health;
    this.readiness = readiness;
  }

  @Override
  public Future<?> start() {
    HttpServerOptions options =
        new HttpServerOptions().setHost(host).setPort(port).setIdleTimeout(60);
    return vertx
        .createHttpServer(tls.apply(options))
        .requestHandler(this::route)
        .listen()
        .onSuccess(listening -> server = listening);
  }

  /** The port it listens on; only after a successful deployment. */
  public int actualPort() {
    return Objects.requireNonNull(server, "not started").actualPort();
  }

  /** Takes another certificate for new connections; from any thread. */
  public Future<?> updateTls(ServerSSLOptions options) {
    return Objects.requireNonNull(server, "not started").updateSSLOptions(options);
  }

  private void route(HttpServerRequest request) {
    boolean known =
        switch (request.path()) {
          case "/metrics", "/healthz", "/livez", "/readyz" -> true;
          default -> false;
        };
    if (!known) {
      text(request, 404, "not found\n");
    } else if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      request.response().putHeader("Allow", "GET, HEAD");
      text(request, 405, "method not allowed\n");
    } else {
      switch (request.path()) {
        case "/metrics" -> scrape(request);
        case "/healthz" -> healthz(request);
        case "/readyz" -> readyz(request);
        default -> text(request, 200, "ok\n");
      }
    }
  }

  private void scrape(HttpServerRequest request) {
    String accept = request.getHeader("Accept");
    boolean open =
        accept != null && accept.toLowerCase(Locale.ROOT).contains("application/openmetrics-text");
    String contentType = open ? OPEN_METRICS : TEXT;
    Future<Buffer> running = scrapes.get(contentType);
    if (running == null) {
      metrics.count(Series.SCRAPES);
      running = vertx.executeBlocking(() -> Buffer.buffer(metrics.scrape(contentType)), false);
      scrapes.put(contentType, running);
      running.onComplete(done -> scrapes.remove(contentType));
    }
    running.onComplete(
        body -> answer(request, 200, contentType, body),
        failure -> text(request, 500, "the metrics could not be read\n"));
  }

  private void healthz(HttpServerRequest request) {
    health.report().onSuccess(report -> json(request, isDown(report) ? 503 : 200, report.toJson()));
  }

  private void readyz(HttpServerRequest request) {
    Readiness.Stage stage = readiness.stage();
    if (stage != Readiness.Stage.READY) {
      json(request, 503, notReady(stage.name().toLowerCase(Locale.ROOT)));
      return;
    }
    health
        .report()
        .onSuccess(
            report -> {
              if (isDown(report)) {
                json(request, 503, notReady(down(report) + " down"));
              } else {
                json(request, 200, new JsonObject().put("ready", true));
              }
            });
  }

  private static JsonObject notReady(String reason) {
    return new JsonObject().put("ready", false).put("reason", reason);
  }

  private static boolean isDown(Report report) {
    return report.state() == Status.State.DOWN;
  }

  private static String down(Report report) {
    return report.components().entrySet().stream()
        .filter(entry -> entry.getValue().status().state() == Status.State.DOWN)
        .map(Map.Entry::getKey)
        .reduce((a, b) -> a + ", " + b)
        .orElse("");
  }

  private static void json(HttpServerRequest request, int status, JsonObject body) {
    answer(request, status, "application/json", body.toBuffer().appendString("\n"));
  }

  private static void text(HttpServerRequest request, int status, String body) {
    answer(request, status, "text/plain; charset=utf-8", Buffer.buffer(body));
  }

  private static void answer(
      HttpServerRequest request, int status, String contentType, Buffer body) {
    var response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader("Content-Type", contentType)
        .putHeader("Cache-Control", "no-store");
    Future<Void> sent =
        request.method() == HttpMethod.HEAD
            ? response.putHeader("Content-Length", Integer.toString(body.length())).end()
            : response.end(body);
    // A reader that went away is nobody's problem.
    sent.onFailure(gone -> {});
  }
}
