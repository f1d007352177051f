package dev.hongyan.gateway.testing;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A tenant's HTTP service: keeps what it got and answers as it is told. */
public final class Receiver implements AutoCloseable {
  private final HttpServer server;
  private final List<Got> got = new CopyOnWriteArrayList<>();
  private final Vertx vertx;
  private volatile Function<Got, Integer> answer = any -> 204;
  private volatile Function<Got, Integer> millis = any -> 0;
  private int underWay;
  private volatile int mostAtOnce;

  /** One request. */
  public record Got(JsonObject event, Map<String, String> headers, int status) {
    public int number() {
      return event.getJsonObject("data").getInteger("n");
    }

    public String subject() {
      return event.getString("subject");
    }

    public int attempt() {
      return Integer.parseInt(headers.get("x-hongyan-attempt"));
    }
  }

  public Receiver(Vertx vertx) {
    this.vertx = vertx;
    server = vertx.createHttpServer().requestHandler(this::handle);
    try {
      server
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
              request.headers().forEach(h -> headers.put(h.getKey(), h.getValue()));
              Got one = new Got(body.toJsonObject(), headers, 0);
              int status = answer.apply(one);
              got.add(new Got(one.event, headers, status));
              mostAtOnce = Math.max(mostAtOnce, ++underWay);
              int late = millis.apply(one);
              if (late == 0) {
                answer(request, status);
              } else {
                var unused = vertx.setTimer(late, t -> answer(request, status));
              }
            });
  }

  private void answer(HttpServerRequest request, int status) {
    underWay--;
    var unused = request.response().setStatusCode(status).end();
  }

  /** Takes so long for an answer from now on. */
  public void answerAfter(Function<Got, Integer> with) {
    millis = with;
  }

  /** How many requests there were at one time. */
  public int mostAtOnce() {
    return mostAtOnce;
  }

  /** Answers with this status from now on. */
  public void answer(Function<Got, Integer> with) {
    answer = with;
  }

  public String url() {
    return "http://127.0.0.1:" + server.actualPort() + "/in";
  }

  public List<Got> got() {
    return got;
  }

  /** The numbers that were taken, in the order in which they were. */
  public List<Integer> taken() {
    return got.stream().filter(g -> g.status() < 300).map(Got::number).toList();
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
  }
}
