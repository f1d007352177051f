package dev.hongyan.gateway.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.gateway.publish.Timing;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.tracing.TraceHeader;
import dev.hongyan.router.send.SendKind;
import dev.hongyan.router.send.SendView;
import dev.hongyan.router.send.Sends;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the tenant has WeChat say to users: take it, and tell what became of it. */
final class SendRoutes {
  private static final String SENDS = AdminRoutes.PREFIX + "/tenants/{tenant}/sends";
  private static final Set<String> FIELDS =
      Set.of("kind", "account", "to", "payload", "delayMs", "at", "ttlMs", "idempotencyKey");
  private static final int KEY_CHARS_MAX = 255;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AdminParts parts;

  private SendRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    SendRoutes routes = new SendRoutes(parts);
    to.postMessage(
        SENDS,
        Need.CONTRIBUTOR,
        call -> {
          var unused = routes.order(call);
        },
        routes::send);
    to.get(SENDS + "/{id}", Need.REVIEWER, routes::read);
  }

  private Future<Answer> send(Call call) {
    return parts.sends().append(order(call)).map(SendRoutes::taken);
  }

  private Sends.Order order(Call call) {
    JsonObject body = call.body();
    List<FieldError> errors = new ArrayList<>();
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        errors.add(new FieldError(field, "is not known here"));
      }
    }
    SendKind kind = SendKind.of(text(body, "kind"));
    if (kind == null) {
      errors.add(new FieldError("kind", "must be one of " + SendKind.names()));
    }
    JsonObject payload = body.getValue("payload") instanceof JsonObject object ? object : null;
    if (payload == null) {
      errors.add(new FieldError("payload", "must be an object"));
    }
    Timing timing = timing(call, parts.clock().wallMillis(), errors);
    String key = key(call, body, errors);
    if (kind == null || payload == null || !errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "This cannot be sent", errors);
    }
    String trace = call.header("traceparent");
    return new Sends.Order(
        call.tenant(),
        text(body, "account"),
        kind,
        text(body, "to"),
        payload,
        timing.dueMillis(),
        timing.deadlineMillis(),
        key,
        trace != null && TraceHeader.isValid(trace) ? trace : null);
  }

  private static Answer taken(Sends.Taken taken) {
    JsonObject answer = new JsonObject();
    if (taken.id() != 0) {
      answer.put("id", Long.toString(taken.id()));
    }
    if (taken.duplicate()) {
      answer.put("duplicate", true);
    } else if (taken.dueMillis() != 0) {
      answer.put("dueAt", Instant.ofEpochMilli(taken.dueMillis()).toString());
    }
    return Answer.accepted(answer);
  }

  /** The header's or the body's, by caller; both must not differ. */
  private static @Nullable String key(Call call, JsonObject body, List<FieldError> errors) {
    String header = call.idempotencyKey();
    Object value = body.getValue("idempotencyKey");
    if (value != null
        && !(value instanceof String text
            && !text.isEmpty()
            && text.length() <= KEY_CHARS_MAX
            && text.chars().allMatch(c -> c > ' ' && c < 0x7f)
            && (header == null || header.equals(text)))) {
      errors.add(
          new FieldError(
              "idempotencyKey",
              "must be 1 to 255 visible ASCII characters, the same as in the header"));
      return null;
    }
    String given = value == null ? header : (String) value;
    return given == null ? null : "api-" + Idempotency.sha256(call.caller().name() + '\n' + given);
  }

  private static Timing timing(Call call, long now, List<FieldError> errors) {
    try {
      JsonNode body = JSON.readTree(call.bodyBytes());
      return Timing.read(
          body.get("delayMs"),
          body.get("at"),
          body.get("ttlMs"),
          now,
          (field, why) -> errors.add(new FieldError(field, why)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it was read before
    }
  }

  private Future<Answer> read(Call call) {
    long id;
    try {
      id = Long.parseLong(call.path("id"));
    } catch (NumberFormatException notAnId) {
      return missing();
    }
    return parts
        .sends()
        .read(call.tenant(), id)
        .compose(
            view ->
                view == null
                    ? missing()
                    : Future.succeededFuture(Answer.ok(send(call.path("id"), view))));
  }

  private static JsonObject send(String id, SendView view) {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("state", view.state().name().toLowerCase(Locale.ROOT))
            .mergeIn(view.request())
            .put("attempts", new JsonArray(view.attempts()));
    if (view.msgid() != null) {
      json.put("msgid", view.msgid());
    }
    return view.result() == null ? json : json.put("result", view.result());
  }

  private static Future<Answer> missing() {
    return Future.failedFuture(Problem.NOT_FOUND.because("There is no such send, or it is old"));
  }

  private static String text(JsonObject body, String field) {
    return body.getValue(field) instanceof String text ? text : "";
  }
}
