package dev.hongyan.token.testing;

import static dev.hongyan.tenant.testing.RedisFixture.await;

import dev.hongyan.token.fetch.Host;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The token endpoints of a WeChat on a real socket. Each request is recorded; answers come from the
 * script, and where it is empty, from a stable token.
 */
public final class FakeWeChat implements AutoCloseable {
  private final HttpServer server;
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final Queue<Consumer<HttpServerRequest>> script = new ArrayDeque<>();
  private final Semaphore arrived = new Semaphore(0);
  private int made = 1;

  public FakeWeChat(Vertx vertx) {
    server = vertx.createHttpServer().requestHandler(this::handle);
    var unused = await(server.listen(0, "127.0.0.1"));
  }

  public Host host() {
    return new Host("127.0.0.1", server.actualPort(), false);
  }

  /** Method, address and body of every request, in order. */
  public List<String> calls() {
    return List.copyOf(calls);
  }

  /** How many requests had this in their address. */
  public long calls(String part) {
    return calls.stream().filter(c -> c.contains(part)).count();
  }

  public synchronized FakeWeChat next(Consumer<HttpServerRequest> answer) {
    script.add(answer);
    return this;
  }

  public FakeWeChat nextJson(String json) {
    return next(r -> end(r.response(), json));
  }

  /** From now on another token is the valid one. */
  public synchronized void voidToken() {
    made++;
  }

  public synchronized String token() {
    return "real-token-" + made;
  }

  /** Waits until so many more requests came. */
  public void awaitCalls(int many) {
    try {
      if (!arrived.tryAcquire(many, 20, TimeUnit.SECONDS)) {
        throw new AssertionError("only these came: " + calls);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public static void end(HttpServerResponse response, String json) {
    var unused = response.putHeader("content-type", "text/plain").end(json);
  }

  private void handle(HttpServerRequest request) {
    var unused =
        request
            .body()
            .onSuccess(
                body -> {
                  calls.add(request.method() + " " + request.uri() + " " + body);
                  answer().accept(request);
                  arrived.release();
                });
  }

  private synchronized Consumer<HttpServerRequest> answer() {
    Consumer<HttpServerRequest> scripted = script.poll();
    return scripted != null ? scripted : this::byDefault;
  }

  private void byDefault(HttpServerRequest request) {
    if (request.path().equals("/cgi-bin/ticket/getticket")) {
      JsonObject ticket =
          token().equals(request.getParam("access_token"))
              ? new JsonObject()
                  .put("errcode", 0)
                  .put("errmsg", "ok")
                  .put("ticket", "real-ticket-" + request.getParam("type"))
                  .put("expires_in", 7200)
              : new JsonObject().put("errcode", 40001).put("errmsg", "invalid credential");
      end(request.response(), ticket.encode());
    } else {
      end(
          request.response(),
          new JsonObject().put("access_token", token()).put("expires_in", 7200).encode());
    }
  }

  @Override
  public void close() {
    var unused = await(server.close());
  }
}
