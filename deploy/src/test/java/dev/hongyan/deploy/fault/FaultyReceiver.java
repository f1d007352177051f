package dev.hongyan.deploy.fault;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * The services behind all HTTP destinations of a run, which fail as the seed says: {@code
 * /tenant/receiver}.
 */
final class FaultyReceiver {
  private static final long SLOW_MILLIS = 250;

  private final Vertx vertx;
  private final Decisions decisions;
  private final LongConsumer onTaken;
  private final HttpServer server;
  private final Map<String, Side> sides = new ConcurrentHashMap<>();

  /** One destination. */
  private record Side(Arrivals arrivals, Map<String, Decisions.Fortune> fortunes) {}

  FaultyReceiver(Vertx vertx, Decisions decisions, LongConsumer onTaken) throws Exception {
    this.vertx = vertx;
    this.decisions = decisions;
    this.onTaken = onTaken;
    this.server =
        vertx
            // Closing without lingering is a reset.
            .createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(0).setSoLinger(0))
            .requestHandler(r -> r.bodyHandler(body -> got(r, body)))
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  /**
   * One more destination.
   *
   * @param fortunes of subjects that fare ill here
   */
  Arrivals side(String path, Map<String, Decisions.Fortune> fortunes) {
    Arrivals arrivals = new Arrivals(path);
    sides.put(path, new Side(arrivals, fortunes));
    return arrivals;
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.actualPort() + path;
  }

  private void got(HttpServerRequest request, Buffer body) {
    Side side = sides.get(request.path());
    if (side == null) {
      var unused = request.response().setStatusCode(404).end();
      return;
    }
    JsonObject event = body.toJsonObject();
    String subject = event.getString("subject");
    long number = Arrivals.number(event);
    Decisions.Fortune fortune = side.fortunes.getOrDefault(subject, Decisions.Fortune.WELL);
    int arrival =
        side.arrivals.arrived(
            request.getHeader("webhook-id"), subject, number, fortune != Decisions.Fortune.WELL);
    switch (decisions.fault(request.path(), number, arrival, fortune)) {
      case NONE -> take(side, request, number);
      case SLOW -> {
        var unused = vertx.setTimer(SLOW_MILLIS, t -> take(side, request, number));
      }
      case ERROR -> {
        var unused = request.response().setStatusCode(500).end("not today");
      }
      case NEVER -> {
        var unused =
            request.response().setStatusCode(422).putHeader("x-hongyan-retry", "never").end();
      }
      case RESET -> {
        var unused = request.connection().close();
      }
      case TIMEOUT -> {}
    }
  }

  private void take(Side side, HttpServerRequest request, long number) {
    if (side.arrivals.took(number)) {
      onTaken.accept(number);
    }
    var unused = request.response().setStatusCode(204).end();
  }
}
