package dev.hongyan.bench.load;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;

/**
 * The least that can stand for WeChat's API: token calls get a token, everything else {@code ok},
 * at once, on an event loop of its own. The simulator keeps books of every call; its time would
 * stand in both figures of a comparison and hide what the proxy adds.
 */
public final class ThinWeChat implements AutoCloseable {
  /** What a business call is answered with. */
  public static final String OK = "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":2846712345678901}";

  private static final Buffer OK_BODY = Buffer.buffer(OK);
  private static final Buffer TOKEN =
      Buffer.buffer("{\"access_token\":\"" + "t".repeat(136) + "\",\"expires_in\":7200}");

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final LongAdder calls = new LongAdder();
  private final LongAdder tokens = new LongAdder();

  public ThinWeChat() throws InterruptedException {
    try {
      server =
          vertx
              .createHttpServer()
              .requestHandler(this::answer)
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  public int port() {
    return server.actualPort();
  }

  /** Business calls so far. */
  public long calls() {
    return calls.sum();
  }

  /** Token calls so far. */
  public long tokens() {
    return tokens.sum();
  }

  private void answer(HttpServerRequest request) {
    String path = request.path();
    boolean token = path.equals("/cgi-bin/stable_token") || path.equals("/cgi-bin/token");
    (token ? tokens : calls).increment();
    var unused =
        request
            .response()
            .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; encoding=utf-8")
            .end(token ? TOKEN : OK_BODY);
  }

  /** A whole request, ready for the wire. */
  public static byte[] request(int port, String path, String authorization, String body) {
    byte[] text = body.getBytes(StandardCharsets.UTF_8);
    byte[] head =
        ("POST "
                + path
                + " HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + (authorization.isEmpty() ? "" : "\r\nAuthorization: Bearer " + authorization)
                + "\r\nContent-Type: application/json\r\nContent-Length: "
                + text.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] whole = java.util.Arrays.copyOf(head, head.length + text.length);
    System.arraycopy(text, 0, whole, head.length, text.length);
    return whole;
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
