package dev.hongyan.bench.load;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Takes traces without looking at them and reads metrics each second: what a node's telemetry goes
 * to. Thread-safe.
 */
public final class ThinCollector implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final HttpClient client = vertx.createHttpClient();
  private final LongAdder exports = new LongAdder();
  private final LongAdder scrapes = new LongAdder();
  private final int scraped;

  public ThinCollector() throws InterruptedException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      scraped = free.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      server =
          vertx
              .createHttpServer()
              .requestHandler(
                  request ->
                      request.endHandler(
                          end -> {
                            exports.increment();
                            var unused = request.response().end();
                          }))
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Where traces are taken. */
  public int port() {
    return server.actualPort();
  }

  /** Where the node is to offer its metrics. */
  public int freePort() {
    return scraped;
  }

  /** From now on. */
  public void scrapeEachSecond() {
    long unused = vertx.setPeriodic(1_000, t -> scrape());
  }

  private void scrape() {
    var unused =
        client
            .request(HttpMethod.GET, scraped, "127.0.0.1", "/metrics")
            .compose(request -> request.send())
            .compose(response -> response.body())
            .onSuccess(body -> scrapes.increment());
  }

  /** Requests with traces so far. */
  public long exports() {
    return exports.sum();
  }

  /** How often metrics were read. */
  public long scrapes() {
    return scrapes.sum();
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
