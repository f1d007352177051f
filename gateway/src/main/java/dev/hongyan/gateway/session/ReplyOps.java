package dev.hongyan.gateway.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.topic.TopicPattern;
import java.util.List;

/** What a session does with {@code reply}. */
final class ReplyOps {
  /** Replies of a session that are not told yet how they went. */
  private static final int UNDER_WAY_MAX = 1_000;

  private final Session session;
  private final Hub hub;
  private int underWay;

  ReplyOps(Session session, Hub hub) {
    this.session = session;
    this.hub = hub;
  }

  void reply(JsonNode f) {
    String id = Fields.text(f, "id");
    JsonNode message = f.get("message");
    if (id == null || message == null || !message.isObject()) {
      session.refuse(ClientError.of(Code.BAD_FIELD, "reply has an id and a message, an object"));
      return;
    }
    if (underWay >= UNDER_WAY_MAX) {
      session.refuse(ClientError.of(Code.RATE_LIMITED, "too many replies are under way"));
      return;
    }
    underWay++;
    List<TopicPattern> granted = SessionOps.granted(session.caller().topics());
    hub.answers()
        .answer(
            session.tenant(),
            id,
            message,
            topic -> granted.stream().anyMatch(p -> p.matches(topic)))
        .onComplete(
            how ->
                hub.onLoop(
                    () -> {
                      underWay--;
                      ObjectNode line = Lines.op("replied").put("id", id);
                      session.say(Lines.bytes(line.put("how", how.word())));
                    }),
            e ->
                hub.onLoop(
                    () -> {
                      underWay--;
                      session.refuse(ClientError.of(code(e), String.valueOf(e.getMessage())));
                    }));
  }

  private static Code code(Throwable e) {
    return switch (ProblemException.of(e)) {
      case NOT_FOUND -> Code.NOT_REPLIABLE;
      case FORBIDDEN -> Code.FORBIDDEN_TOPIC;
      case BAD_REQUEST -> Code.BAD_FIELD;
      case OVERLOADED -> Code.RATE_LIMITED;
      default -> Code.STORE_UNAVAILABLE;
    };
  }
}
