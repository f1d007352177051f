package dev.hongyan.router.send;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a send.
 *
 * @param request what was asked for
 * @param attempts each {@code {"attempt","at","outcome","status"?,"error"?,"tookMs"}}
 * @param msgid WeChat's name of the message; null when it has none
 * @param result what WeChat pushed about it later, {@code {"at","status"}}; null when nothing
 */
public record SendView(
    JsonObject request,
    State state,
    List<JsonObject> attempts,
    @Nullable String msgid,
    @Nullable JsonObject result) {

  /** How far it is. */
  public enum State {
    /** Waits: for its time, for its first attempt or for another one. */
    PENDING,
    /** WeChat took it. */
    SENT,
    /** WeChat took it and said later that it did not arrive. */
    FAILED,
    /** Its time was over before WeChat took it. */
    EXPIRED,
    /** Given up: it is among the dead letters. */
    DEAD
  }

  static SendView of(JsonObject request, @Nullable String msgid, List<String> notes) {
    State state = msgid == null ? State.PENDING : State.SENT;
    List<JsonObject> attempts = new ArrayList<>();
    JsonObject result = null;
    for (String line : notes) {
      JsonObject note = new JsonObject(line);
      String outcome = note.getString("outcome", "");
      String at = Instant.ofEpochMilli(note.getLong("at", 0L)).toString();
      switch (note.getString("what", "")) {
        case "attempt" -> {
          attempts.add(attempt(note, at));
          state = after(state, outcome);
        }
        case "expired" -> state = after(state, "expired");
        case ResultPush.NOTE -> result = new JsonObject().put("at", at).put("status", outcome);
        default -> {}
      }
    }
    if (result != null) {
      boolean good = ResultPush.GOOD.equals(result.getString("status"));
      state = good ? State.SENT : State.FAILED;
    }
    return new SendView(
        request, state, attempts, msgid == null || msgid.isEmpty() ? null : msgid, result);
  }

  private static State after(State before, String outcome) {
    if (before == State.SENT) {
      return before; // taken is taken
    }
    return switch (outcome) {
      case "delivered" -> State.SENT;
      case "dead" -> State.DEAD;
      case "expired" -> State.EXPIRED;
      default -> State.PENDING; // also when it was dead and put back
    };
  }

  private static JsonObject attempt(JsonObject note, String at) {
    JsonObject out =
        new JsonObject()
            .put("attempt", note.getInteger("attempt"))
            .put("at", at)
            .put("outcome", note.getString("outcome"));
    for (String field : List.of("status", "error", "tookMs")) {
      if (note.containsKey(field)) {
        out.put(field, note.getValue(field));
      }
    }
    return out;
  }
}
