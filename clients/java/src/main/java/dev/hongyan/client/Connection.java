package dev.hongyan.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket from handshake to close: says hello, joins outgoing lines into frames, takes
 * incoming frames apart, beats, and gives up after a silence. Reconnecting is not its business.
 * Lives on the loop.
 */
final class Connection {
  private static final long WELCOME_WITHIN_MILLIS = 15_000;

  /**
   * Frames the loop may lag behind. Not one: the JDK's WebSocket easily misses an end of the stream
   * that comes while nothing is asked for (seen with 17 and 25). Even so it misses one in some that
   * come, without a close frame, within microseconds of a frame: then a failed send tells, or the
   * probe.
   */
  private static final int FRAMES_AHEAD = 16;

  /** How much later than usual a ping of the server may be before we ask ourselves. */
  private static final long PING_LATE_MILLIS = 3_000;

  private static final long PONG_WITHIN_MILLIS = 3_000;

  private static final int MESSAGE_MAX = 4 * 1024 * 1024;

  /** What it is made of. */
  record Setup(
      Loop loop,
      URI uri,
      String client,
      Supplier<CompletionStage<String>> token,
      HttpClient http) {}

  interface Listener {
    /** What {@code hello} asks for. */
    List<Map<String, Object>> subscriptions(Connection connection);

    void opened(Connection connection);

    void received(Connection connection, Map<String, Object> op, List<WireMessage> messages);

    /** Once, when it was not we who ended it. */
    void closed(Connection connection, int code, String reason, @Nullable ClientException error);
  }

  private final Setup setup;
  private final Loop loop;
  private final Listener listener;
  private @Nullable WebSocket socket;
  private final Deque<String> lines = new ArrayDeque<>();
  private boolean sending;
  private @Nullable CompletableFuture<WebSocket> underWay;
  private boolean flushSoon;
  private boolean open;
  private boolean over;
  private long beats;
  private long heard;
  private long beatMillis = 20_000;
  private long deadMillis = WELCOME_WITHIN_MILLIS;
  private long probeAfterMillis = Long.MAX_VALUE;
  private boolean probing;
  private int maxFrame = 65_536;
  private Loop.Timer beatTimer = Loop.Timer.NONE;
  private Loop.Timer deadTimer = Loop.Timer.NONE;

  Connection(Setup setup, Listener listener) {
    this.setup = setup;
    this.loop = setup.loop();
    this.listener = listener;
    watch();
    loop.execute(this::dial);
  }

  /** Between {@code welcome} and the end. */
  boolean open() {
    return open;
  }

  boolean over() {
    return over;
  }

  int maxFrame() {
    return maxFrame;
  }

  private void dial() {
    CompletionStage<String> token;
    try {
      token = setup.token().get();
    } catch (RuntimeException e) {
      token = CompletableFuture.failedFuture(e);
    }
    token
        .thenCompose(this::handshake)
        .whenCompleteAsync(
            (opened, failure) -> {
              if (failure != null) {
                refused(failure);
              } else if (over) {
                opened.abort();
              } else {
                socket = opened;
                hello();
                opened.request(FRAMES_AHEAD);
              }
            },
            loop);
  }

  private CompletionStage<WebSocket> handshake(String token) {
    WebSocket.Builder builder =
        setup
            .http()
            .newWebSocketBuilder()
            .subprotocols("hongyan.v1")
            .connectTimeout(Duration.ofMillis(WELCOME_WITHIN_MILLIS));
    if (!token.isEmpty()) {
      builder.header("Authorization", "Bearer " + token);
    }
    return builder.buildAsync(setup.uri(), new Incoming());
  }

  /** Refusals of the handshake that have a meaning of their own become the close code for it. */
  private void refused(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    if (cause instanceof WebSocketHandshakeException e) {
      int status = e.getResponse().statusCode();
      int code = status == 400 ? 4415 : status == 401 ? 4401 : status == 403 ? 4403 : 1006;
      ended(code, "handshake refused with HTTP " + status, null);
    } else {
      String message = "could not connect: " + cause.getMessage();
      ended(
          1006,
          message,
          new ClientException("connect-failed", message, ClientException.Retry.LATER, cause));
    }
  }

  private void hello() {
    List<Map<String, Object>> subscribe = listener.subscriptions(this);
    Map<String, Object> hello = new LinkedHashMap<>();
    hello.put("op", "hello");
    hello.put("client", setup.client());
    String alone = Json.write(hello);
    hello.put("subscribe", subscribe);
    String whole = Json.write(hello);
    if (subscribe.isEmpty() || bytes(whole) < maxFrame) {
      sendLine(subscribe.isEmpty() ? alone : whole);
      return;
    }
    sendLine(alone);
    for (Map<String, Object> request : subscribe) {
      Map<String, Object> op = new LinkedHashMap<>();
      op.put("op", "subscribe");
      op.putAll(request);
      send(op);
    }
  }

  void send(Map<String, ?> op) {
    sendLine(Json.write(op));
  }

  /** Queues one operation; those of one turn, or those that wait for the socket, share frames. */
  void sendLine(String line) {
    if (over) {
      return;
    }
    lines.add(line);
    if (!flushSoon && !sending) {
      flushSoon = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushSoon = false;
    WebSocket to = socket;
    if (lines.isEmpty() || sending || over || to == null) {
      return;
    }
    String frame = nextFrame();
    sending = true;
    CompletableFuture<WebSocket> begun = to.sendText(frame, true);
    underWay = begun;
    begun.whenCompleteAsync(
        (sent, failure) -> {
          sending = false;
          if (failure == null) {
            flush();
          } else {
            ended(1006, "could not send: " + failure.getMessage(), null);
          }
        },
        loop);
  }

  /** When what is on its way has left; at once when nothing is. */
  private CompletableFuture<?> sent() {
    CompletableFuture<WebSocket> before = underWay;
    return before == null ? CompletableFuture.completedFuture(null) : before;
  }

  /** As many whole lines as fit one frame; at least one. */
  private String nextFrame() {
    StringBuilder frame = new StringBuilder(lines.remove());
    int size = bytes(frame);
    for (String next = lines.peek(); next != null; next = lines.peek()) {
      size += 1 + bytes(next);
      if (size > maxFrame) {
        break;
      }
      frame.append('\n').append(lines.remove());
    }
    return frame.toString();
  }

  /** Length in UTF-8; a pair of surrogates is four bytes. */
  static int bytes(CharSequence text) {
    int bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return bytes;
  }

  private void frame(String text) {
    if (over) {
      return;
    }
    heard();
    try {
      List<String> all = text.lines().toList();
      for (int at = 0; at < all.size() && !over; at++) {
        if (all.get(at).isEmpty()) {
          continue;
        }
        Map<String, Object> op = Json.object(all.get(at));
        List<WireMessage> messages = List.of();
        if ("deliver".equals(op.get("op"))) {
          int n = (int) Json.number(op, "n", 0);
          if (n > all.size() - at - 1) {
            throw new Json.Malformed("deliver without its messages");
          }
          messages = new ArrayList<>(n);
          for (int i = 0; i < n; i++) {
            messages.add(message(all.get(++at)));
          }
        }
        operation(op, messages);
      }
    } catch (Json.Malformed e) {
      String message = "the server sent a bad frame: " + e.getMessage();
      drop(4400, new ClientException("bad-frame", message, ClientException.Retry.LATER, e));
    }
  }

  private static WireMessage message(String line) {
    Json.Parsed parsed = Json.object(line, "event");
    if (!"msg".equals(parsed.object().get("op"))) {
      throw new Json.Malformed("deliver without its messages");
    }
    return new WireMessage(
        Json.string(parsed.object(), "cursor", ""), parsed.object(), parsed.span());
  }

  private void operation(Map<String, Object> op, List<WireMessage> messages) {
    if (!"welcome".equals(op.get("op"))) {
      listener.received(this, op, messages);
      return;
    }
    maxFrame = (int) Json.number(op, "maxFrame", maxFrame);
    beatMillis = Json.number(op, "beatMs", beatMillis);
    deadMillis = Json.number(op, "deadMs", 45_000);
    probeAfterMillis = Json.number(op, "pingMs", 15_000) + PING_LATE_MILLIS;
    open = true;
    watch();
    beatLater();
    listener.opened(this);
  }

  /** Says that we live; the answer says what the server sent last. */
  void beat() {
    Map<String, Object> beat = new LinkedHashMap<>();
    beat.put("op", "beat");
    beat.put("t", loop.wallMillis());
    beat.put("n", ++beats);
    send(beat);
  }

  private void beatLater() {
    beatTimer =
        loop.after(
            beatMillis,
            () -> {
              beat();
              beatLater();
            });
  }

  /** Silence counts from now. Hearing something only notes the time; the timer looks at it. */
  private void watch() {
    heard();
    watchFor(Math.min(probeAfterMillis, deadMillis));
  }

  private void watchFor(long millis) {
    deadTimer.cancel();
    deadTimer = loop.after(millis, this::look);
  }

  /**
   * The server pings, so a silence that is longer than its pause is odd: we ask, and an answer has
   * to come soon. That finds an end that the JDK did not tell in 21 s instead of 45.
   */
  private void look() {
    long silent = loop.elapsedMillis() - heard;
    if (silent >= deadMillis || probing) {
      drop(4001, new ClientException("silence", "the server was silent for too long"));
    } else if (silent >= probeAfterMillis) {
      probing = true;
      ping();
      watchFor(Math.min(PONG_WITHIN_MILLIS, deadMillis - silent));
    } else {
      watchFor(Math.min(probeAfterMillis, deadMillis) - silent);
    }
  }

  private void heard() {
    heard = loop.elapsedMillis();
    probing = false;
  }

  private void ping() {
    WebSocket to = socket;
    if (to != null) {
      to.sendPing(ByteBuffer.allocate(0))
          .whenCompleteAsync(
              (sent, failure) -> {
                if (failure != null) {
                  ended(1006, "could not send: " + failure.getMessage(), null);
                }
              },
              loop);
    }
  }

  /** Ends it in good order, after what was queued. */
  void close() {
    if (!over) {
      WebSocket to = socket;
      if (to != null && !lines.isEmpty()) {
        String rest = nextFrame(); // behind what is on its way: one at a time
        CompletableFuture<WebSocket> sent = sent().thenCompose(done -> to.sendText(rest, true));
        finish();
        sent.whenComplete((done, failure) -> farewell(to, WebSocket.NORMAL_CLOSURE));
        return;
      }
      stop(WebSocket.NORMAL_CLOSURE);
    }
  }

  /** Gives it up at once and reports a failure of the network. */
  private void drop(int code, ClientException error) {
    if (!over) {
      stop(code);
      listener.closed(this, 1006, String.valueOf(error.getMessage()), error);
    }
  }

  private void stop(int code) {
    finish();
    WebSocket to = socket;
    if (to != null) {
      farewell(to, code);
    }
  }

  /** The other side has a moment to answer. */
  private static void farewell(WebSocket to, int code) {
    to.sendClose(code, "").whenComplete((done, failure) -> {});
    CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS).execute(to::abort);
  }

  private void ended(int code, String reason, @Nullable ClientException error) {
    if (!over) {
      finish();
      listener.closed(this, code, reason, error);
    }
  }

  private void finish() {
    over = true;
    open = false;
    beatTimer.cancel();
    deadTimer.cancel();
  }

  /** From the threads of the HTTP client onto the loop, one frame at a time. */
  private final class Incoming implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public void onOpen(WebSocket webSocket) {} // the loop asks for the first frame

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      parts.append(data);
      if (parts.length() > MESSAGE_MAX) {
        from.abort();
        loop.execute(() -> ended(1006, "a frame above " + MESSAGE_MAX, null));
        return null;
      }
      if (!last) {
        from.request(1);
        return null;
      }
      String text = parts.toString();
      parts.setLength(0);
      loop.execute(
          () -> {
            frame(text);
            from.request(1);
          });
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
      loop.execute(Connection.this::heard);
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
      loop.execute(Connection.this::heard);
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      loop.execute(() -> ended(code, reason, null));
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      loop.execute(() -> ended(1006, String.valueOf(error.getMessage()), null));
    }
  }
}
