package dev.hongyan.bench.peer;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What Vert.x costs by itself: a WebSocket server that writes each published text to every
 * connection, as its documentation shows it. No log, no acks, no subscriptions. Speaks just enough
 * of our protocol that the same generator can load it.
 *
 * <pre>java -cp … dev.hongyan.bench.peer.BareVertx 18080</pre>
 */
public final class BareVertx implements AutoCloseable {
  private static final String DATA = "\"data\":";
  private static final String SERIAL = "\"serial\":";

  private final Set<ServerWebSocket> receivers = new LinkedHashSet<>();
  private final Vertx vertx;
  private long seq;

  private BareVertx(Vertx vertx) {
    this.vertx = vertx;
  }

  public static void main(String[] args) {
    var unused = start(Integer.parseInt(args[0]));
  }

  /** Serves on a loopback port until it is closed; comes back when the port is open. */
  public static BareVertx start(int port) {
    BareVertx peer = new BareVertx(Vertx.vertx(new VertxOptions().setPreferNativeTransport(true)));
    var unused =
        peer.vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(port)
                    .addWebSocketSubProtocol("hongyan.v1")
                    .setPerFrameWebSocketCompressionSupported(false)
                    .setPerMessageWebSocketCompressionSupported(false)
                    .setRegisterWebSocketWriteHandlers(false))
            .requestHandler(request -> request.response().setStatusCode(204).end())
            .webSocketHandler(peer::opened)
            .listen()
            .await();
    return peer;
  }

  @Override
  public void close() {
    var unused = vertx.close().await();
  }

  private void opened(ServerWebSocket socket) {
    socket.textMessageHandler(text -> text(socket, text));
    socket.closeHandler(v -> receivers.remove(socket));
    socket.exceptionHandler(e -> {});
  }

  private void text(ServerWebSocket socket, String text) {
    if (text.startsWith("{\"op\":\"hello\"")) {
      if (text.contains("\"subscribe\"")) {
        receivers.add(socket);
        String at = "\"cursor\":\"b:" + seq + "\",\"head\":\"b:" + seq + "\"}";
        var unused = socket.writeTextMessage("{\"op\":\"subscribed\",\"verdict\":\"new\"," + at);
      } else {
        var unused = socket.writeTextMessage("{\"op\":\"welcome\"}");
      }
    } else if (text.startsWith("{\"op\":\"publish\"")) {
      seq++;
      int data = text.indexOf(DATA);
      int serial = text.indexOf(SERIAL) + SERIAL.length();
      String message =
          "{\"op\":\"msg\",\"cursor\":\"b:" + seq + "\",\"event\":{" + text.substring(data) + '}';
      for (ServerWebSocket receiver : receivers) {
        var unused = receiver.writeTextMessage(message);
      }
      var unused =
          socket.writeTextMessage(
              "{\"op\":\"published\",\"serial\":"
                  + text.substring(serial, text.indexOf(',', serial))
                  + '}');
    }
  }
}
