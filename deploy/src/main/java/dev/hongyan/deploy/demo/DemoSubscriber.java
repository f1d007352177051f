package dev.hongyan.deploy.demo;

import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A customer's service: one durable subscription to everything of its tenant, which it picks up
 * again after every break.
 */
final class DemoSubscriber {
  private static final Duration AGAIN_AFTER = Duration.ofMillis(300);

  private final WebSocketClient client;
  private final Timers timers;
  private final int port;
  private final String tenant;
  private final Supplier<String> token;
  private final Listener listener;
  private final Promise<Void> subscribed = Promise.promise();

  /** Hears what the subscriber sees. */
  interface Listener {
    void subscribed(String tenant, String verdict, String cursor, String head);

    void message(String tenant, String cursor, JsonObject event);
  }

  DemoSubscriber(
      Vertx vertx,
      Timers timers,
      int port,
      String tenant,
      Supplier<String> token,
      Listener listener) {
    this.client = vertx.createWebSocketClient();
    this.timers = timers;
    this.port = port;
    this.tenant = tenant;
    this.token = token;
    this.listener = listener;
  }

  /** Connects, and again after every break; the Future ends with the first subscription. */
  Future<Void> connect() {
    dial();
    return subscribed.future();
  }

  private void dial() {
    client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/ws/v1")
                .addSubProtocol("hongyan.v1")
                .putHeader("Authorization", "Bearer " + token.get()))
        .onComplete(this::opened, e -> again());
  }

  private void opened(WebSocket socket) {
    socket.textMessageHandler(frame -> frame(socket, frame));
    socket.exceptionHandler(e -> {});
    socket.closeHandler(v -> again());
    var unused =
        socket.writeTextMessage(
            new JsonObject()
                .put("op", "hello")
                .put("client", "demo-" + tenant)
                .put(
                    "subscribe",
                    new JsonArray()
                        .add(
                            new JsonObject()
                                .put("sub", "demo")
                                .put("mode", "durable")
                                .put("topics", new JsonArray().add("#"))))
                .encode());
  }

  private void again() {
    var unused = timers.after(AGAIN_AFTER, this::dial);
  }

  private void frame(WebSocket socket, String frame) {
    String last = null;
    for (String text : frame.split("\n", -1)) {
      JsonObject line = new JsonObject(text);
      switch (line.getString("op")) {
        case "subscribed" -> {
          listener.subscribed(
              tenant, line.getString("verdict"), line.getString("cursor"), line.getString("head"));
          subscribed.tryComplete();
        }
        case "msg" -> {
          last = line.getString("cursor");
          listener.message(tenant, last, line.getJsonObject("event"));
        }
        default -> {}
      }
    }
    if (last != null) { // one ack for all that came in this frame
      var unused =
          socket.writeTextMessage(
              new JsonObject().put("op", "ack").put("sub", "demo").put("cursor", last).encode());
    }
  }
}
