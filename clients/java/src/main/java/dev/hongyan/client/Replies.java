package dev.hongyan.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Replies that wait for the server's word. They are never sent twice: a second one could reach the
 * user twice.
 */
final class Replies {
  private static final int MAX = 1_000;
  private static final long TIMEOUT_MILLIS = 30_000;

  private record Waiting(
      Connection connection, CompletableFuture<String> result, Loop.Timer timer) {}

  private final Loop loop;
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();

  Replies(Loop loop) {
    this.loop = loop;
  }

  void send(
      @Nullable Connection connection,
      String id,
      Map<String, ?> message,
      CompletableFuture<String> result) {
    if (connection == null) {
      fail(result, "not-connected", "a reply needs a connection");
    } else if (waiting.containsKey(id)) {
      fail(result, "already-replied", "a reply to " + id + " is on its way");
    } else if (waiting.size() >= MAX) {
      fail(result, "queue-full", MAX + " replies are waiting");
    } else {
      Loop.Timer timer =
          loop.after(TIMEOUT_MILLIS, () -> fail(id, "no-answer", "the reply was not confirmed"));
      waiting.put(id, new Waiting(connection, result, timer));
      Map<String, Object> op = new LinkedHashMap<>();
      op.put("op", "reply");
      op.put("id", id);
      op.put("message", message);
      connection.send(op);
    }
  }

  void replied(Map<String, Object> op) {
    Waiting reply = take(Json.string(op, "id", ""));
    if (reply != null) {
      reply.result().complete(Json.string(op, "how", ""));
    }
  }

  /** Returns true when the error was about one of ours; without an id it is the oldest's. */
  boolean refused(Map<String, Object> op, Connection connection) {
    String id = Json.string(op, "id", "");
    if (id.isEmpty() && "not-repliable".equals(op.get("code"))) {
      for (Map.Entry<String, Waiting> each : waiting.entrySet()) {
        if (each.getValue().connection() == connection) {
          id = each.getKey();
          break;
        }
      }
    }
    Waiting reply = take(id);
    if (reply != null) {
      reply.result().completeExceptionally(ClientException.of(op));
    }
    return reply != null;
  }

  void lost(Connection connection) {
    waiting.entrySet().stream()
        .filter(each -> each.getValue().connection() == connection)
        .map(Map.Entry::getKey)
        .toList()
        .forEach(id -> fail(id, "unknown-outcome", "the connection ended before the confirmation"));
  }

  private void fail(String id, String code, String message) {
    Waiting reply = take(id);
    if (reply != null) {
      fail(reply.result(), code, message);
    }
  }

  private static void fail(CompletableFuture<String> result, String code, String message) {
    result.completeExceptionally(
        new ClientException(code, message, ClientException.Retry.LATER, 0, null));
  }

  private @Nullable Waiting take(String id) {
    Waiting reply = waiting.remove(id);
    if (reply != null) {
      reply.timer().cancel();
    }
    return reply;
  }
}
