package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/** What consumers gave up for good. */
final class DeadLetterRoutes {
  private static final String LETTERS = AdminRoutes.PREFIX + "/tenants/{tenant}/dead-letters";

  private final AdminParts parts;

  private DeadLetterRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    DeadLetterRoutes routes = new DeadLetterRoutes(parts);
    to.get(LETTERS, Need.GUEST, routes::list);
    to.get(LETTERS + "/{id}", Need.GUEST, routes::read);
    to.delete(LETTERS + "/{id}", Need.ADMIN, routes::delete);
    DeadLetterActions actions = new DeadLetterActions(parts);
    to.post(LETTERS + "/redrive", Need.ADMIN, DeadLetterActions::check, actions::redrive);
    to.post(LETTERS + "/purge", Need.ADMIN, DeadLetterActions::check, actions::purge);
  }

  private Future<Answer> list(Call call) {
    DeadLetterStore.Filter filter =
        new DeadLetterStore.Filter(call.query("consumer"), call.query("reason"));
    try {
      return parts
          .deadLetters()
          .list(call.tenant(), filter, call.query("after"), call.limit())
          .map(DeadLetterRoutes::page);
    } catch (IllegalArgumentException notOurs) {
      return Future.failedFuture(Problem.BAD_REQUEST.because("That is no cursor of this list"));
    }
  }

  private Future<Answer> read(Call call) {
    return parts
        .deadLetters()
        .get(call.tenant(), call.path("id"))
        .compose(
            letter ->
                letter == null
                    ? missing()
                    : Future.succeededFuture(new Answer(200, write(Buffer.buffer(), letter))));
  }

  private Future<Answer> delete(Call call) {
    return parts
        .deadLetters()
        .delete(call.tenant(), List.of(call.path("id")))
        .compose(n -> n == 0 ? missing() : Future.succeededFuture(Answer.NO_CONTENT));
  }

  private static Future<Answer> missing() {
    return Future.failedFuture(Problem.NOT_FOUND.because("There is no such dead letter"));
  }

  private static Answer page(DeadLetterStore.Page page) {
    Buffer out = Buffer.buffer("{\"items\":[");
    for (int i = 0; i < page.items().size(); i++) {
      if (i > 0) {
        out.appendByte((byte) ',');
      }
      var unused = write(out, page.items().get(i));
    }
    out.appendByte((byte) ']');
    if (page.next() != null) {
      out.appendString(",\"next\":\"").appendString(page.next()).appendByte((byte) '"');
    }
    return new Answer(200, out.appendByte((byte) '}'));
  }

  /** All but the event. */
  static JsonObject known(DeadLetter letter) {
    return new JsonObject()
        .put("id", letter.id())
        .put("messageId", Long.toString(letter.messageId()))
        .put("consumer", letter.consumer())
        .put("reason", letter.reason())
        .put("attempts", letter.attempts())
        .put("lastError", letter.lastError())
        .put("deadAt", Instant.ofEpochMilli(letter.deadAtMillis()).toString())
        .put("cursor", letter.place().toString());
  }

  /** The event's bytes go out as they are. */
  private static Buffer write(Buffer out, DeadLetter letter) {
    String known = known(letter).encode();
    return out.appendString(known.substring(0, known.length() - 1))
        .appendString(",\"event\":")
        .appendBytes(letter.event())
        .appendByte((byte) '}');
  }
}
