package dev.hongyan.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket client of the protocol for tests: blocks until what is expected has come. */
public final class WsClient implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 15;

  private final WebSocketClient client;
  private final WebSocket socket;
  private final LinkedBlockingQueue<List<JsonObject>> frames = new LinkedBlockingQueue<>();
  private final ArrayDeque<JsonObject> lines = new ArrayDeque<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private volatile String closeReason = "";

  private WsClient(WebSocketClient client, WebSocket socket) {
    this.client = client;
    this.socket = socket;
    socket.textMessageHandler(
        text -> {
          List<JsonObject> objects = new ArrayList<>();
          for (String line : text.split("\n")) {
            objects.add(new JsonObject(line));
          }
          frames.add(objects);
        });
    socket.closeHandler(
        v -> {
          closeReason = String.valueOf(socket.closeReason());
          Short code = socket.closeStatusCode();
          closed.complete(code == null ? 1006 : Integer.valueOf(code));
        });
    socket.resume();
  }

  static WsClient open(Vertx vertx, int port, String token) {
    return open(vertx, port, token, false);
  }

  static WsClient open(Vertx vertx, int port, String token, boolean deflate) {
    WebSocketConnectOptions options =
        new WebSocketConnectOptions()
            .setHost("127.0.0.1")
            .setPort(port)
            .setURI("/ws/v1")
            .addSubProtocol("hongyan.v1");
    if (token != null) {
      options.putHeader("Authorization", "Bearer " + token);
    }
    WebSocketClient client =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setMaxFrameSize(1 << 20)
                .setMaxMessageSize(1 << 20)
                .setTryUsePerMessageCompression(deflate));
    WebSocket socket =
        get(
            client
                .connect(options)
                .onSuccess(WebSocket::pause)
                .toCompletionStage()
                .toCompletableFuture());
    return new WsClient(client, socket);
  }

  public WebSocket socket() {
    return socket;
  }

  public WsClient send(JsonObject line) {
    return sendText(line.encode());
  }

  public WsClient sendText(String text) {
    get(socket.writeTextMessage(text).toCompletionStage().toCompletableFuture());
    return this;
  }

  public WsClient subscribe(String sub, String mode, String cursor, String... topics) {
    JsonObject op =
        new JsonObject()
            .put("op", "subscribe")
            .put("sub", sub)
            .put("mode", mode)
            .put("topics", List.of(topics));
    if (cursor != null) {
      op.put("cursor", cursor);
    }
    return send(op);
  }

  public WsClient ack(String sub, String cursor) {
    return send(new JsonObject().put("op", "ack").put("sub", sub).put("cursor", cursor));
  }

  /** The next object, which must have this op. */
  public JsonObject expect(String op) {
    JsonObject line = next();
    assertThat(line.getString("op")).as("in %s", line).isEqualTo(op);
    return line;
  }

  /** The next object. */
  public JsonObject next() {
    while (lines.isEmpty()) {
      lines.addAll(frame());
    }
    return lines.remove();
  }

  /** The next object, or null when none comes within that time. */
  public JsonObject poll(long millis) {
    if (lines.isEmpty()) {
      try {
        List<JsonObject> frame = frames.poll(millis, TimeUnit.MILLISECONDS);
        if (frame == null) {
          return null;
        }
        lines.addAll(frame);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return lines.remove();
  }

  /** The next frame, all its objects. */
  public List<JsonObject> frame() {
    try {
      List<JsonObject> frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(frame)
          .as(
              "a frame within %s s (closed: %s %s)",
              PATIENCE_SECONDS, closed.getNow(null), closeReason)
          .isNotNull();
      return frame;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next {@code n} messages of any subscription, with their deliver headers checked. */
  public List<JsonObject> messages(int n) {
    List<JsonObject> out = new ArrayList<>();
    while (out.size() < n) {
      JsonObject deliver = expect("deliver");
      for (int i = deliver.getInteger("n"); i > 0; i--) {
        out.add(expect("msg"));
      }
    }
    return out;
  }

  /**
   * Whether nothing has come that was not taken yet. A beat there and back makes sure that it would
   * have.
   */
  public boolean isQuiet() {
    send(new JsonObject().put("op", "beat").put("t", 1).put("n", 424242));
    JsonObject line = next();
    return line.getString("op").equals("beat");
  }

  public boolean isClosed() {
    return closed.isDone();
  }

  /** The close code, once it has come. */
  public int closeCode() {
    return get(closed);
  }

  public String closeReason() {
    closeCode();
    return closeReason;
  }

  /** Cuts the connection without a word. */
  public void cut() {
    ((io.vertx.core.internal.http.WebSocketInternal) socket)
        .channelHandlerContext()
        .channel()
        .close();
    get(closed);
  }

  @Override
  public void close() {
    socket.close();
    client.close();
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
