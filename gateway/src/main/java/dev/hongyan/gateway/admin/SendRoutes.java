package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.send.SendKind;
import dev.hongyan.router.send.SendView;
import dev.hongyan.router.send.Sends;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
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
  private static final long MILLIS_MAX = 400L * 86_400_000;

  private final AdminParts parts;

  private SendRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    SendRoutes routes = new SendRoutes(parts);
    to.postRepeatable(SENDS, Need.CONTRIBUTOR, routes::send);
    to.get(SENDS + "/{id}", Need.REVIEWER, routes::read);
  }

  private Future<Answer> send(Call call) {
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
    long now = parts.clock().wallMillis();
    long due = due(body, now, errors);
    long ttl = millis(body, "ttlMs", errors);
    String key = key(call, body, errors);
    if (kind == null || payload == null || !errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "This cannot be sent", errors);
    }
    String trace = call.header("traceparent");
    return parts
        .sends()
        .append(
            new Sends.Order(
                call.tenant(),
                text(body, "account"),
                kind,
                text(body, "to"),
                payload,
                due,
                ttl == 0 ? 0 : now + ttl,
                key,
                trace != null && EnvelopeWriter.isTraceparent(trace) ? trace : null))
        .map(SendRoutes::taken);
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

  private static long due(JsonObject body, long now, List<FieldError> errors) {
    Object at = body.getValue("at");
    if (at == null) {
      return body.getValue("delayMs") == null ? 0 : now + millis(body, "delayMs", errors);
    }
    if (body.getValue("delayMs") != null) {
      errors.add(new FieldError("at", "goes without delayMs"));
      return 0;
    }
    try {
      // Also when that is past: a repeated request has to meet the delayed one it repeats.
      return Math.max(1, OffsetDateTime.parse(at.toString()).toInstant().toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      errors.add(new FieldError("at", "must be a time such as 2026-01-31T09:00:00+08:00"));
      return 0;
    }
  }

  private static long millis(JsonObject body, String field, List<FieldError> errors) {
    Object value = body.getValue(field);
    if (value == null) {
      return 0;
    }
    if (value instanceof Integer || value instanceof Long) {
      long millis = ((Number) value).longValue();
      if (millis >= 1 && millis <= MILLIS_MAX) {
        return millis;
      }
    }
    errors.add(new FieldError(field, "must be a whole number of milliseconds, at least 1"));
    return 0;
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
