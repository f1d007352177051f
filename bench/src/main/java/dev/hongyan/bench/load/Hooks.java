package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.ExecutionException;
import org.HdrHistogram.Histogram;

/**
 * An HTTP service that destinations lead to, on an event loop of its own. It answers 204, at once
 * or late, and takes the time from when a message was meant to be published until its request is
 * there. Thread-safe.
 */
public final class Hooks implements AutoCloseable {
  private static final long LONGEST_NANOS = 600_000_000_000L;

  /** An event ends one brace before a line of a WebSocket does. */
  private static final int SHORTER = 1;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Generator generator;
  private final long delayMillis;
  private final HttpServer server;
  private Histogram latency = new Histogram(LONGEST_NANOS, 3);
  private long windowFrom = Long.MAX_VALUE;
  private long taken;

  /**
   * @param delayMillis how long an answer takes
   */
  public Hooks(Generator generator, long delayMillis) throws InterruptedException {
    this.generator = generator;
    this.delayMillis = delayMillis;
    try {
      server =
          vertx
              .createHttpServer()
              .requestHandler(r -> r.bodyHandler(body -> got(r, body)))
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** A destination that leads here. */
  public JsonObject destination(String id, String topic) {
    return destination(id, topic, server.actualPort());
  }

  /** A destination that leads to a port of this machine. */
  public static JsonObject destination(String id, String topic, int port) {
    return new JsonObject()
        .put("id", id)
        .put("url", "http://127.0.0.1:" + port + "/" + id)
        .put("topics", new JsonArray().add(topic));
  }

  private void got(HttpServerRequest request, Buffer body) {
    long now = generator.now();
    ByteBuf bytes = ((BufferInternal) body).getByteBuf();
    took(Stamps.nanos(bytes, bytes.readableBytes() + SHORTER), now);
    if (delayMillis == 0) {
      answer(request);
    } else {
      var unused = vertx.setTimer(delayMillis, t -> answer(request));
    }
  }

  private static void answer(HttpServerRequest request) {
    var unused = request.response().setStatusCode(204).end();
  }

  private synchronized void took(long sentNanos, long nowNanos) {
    taken++;
    if (sentNanos >= windowFrom) {
      latency.recordValue(Math.max(0, Math.min(LONGEST_NANOS, nowNanos - sentNanos)));
    }
  }

  /** From now on: messages meant to be sent at {@code nanos} or later count for the latency. */
  public synchronized void windowFrom(long nanos) {
    latency = new Histogram(LONGEST_NANOS, 3);
    windowFrom = nanos;
  }

  /** Ends the window of latencies. */
  public synchronized Histogram windowEnd() {
    windowFrom = Long.MAX_VALUE;
    return latency;
  }

  /** Requests so far. */
  public synchronized long taken() {
    return taken;
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
