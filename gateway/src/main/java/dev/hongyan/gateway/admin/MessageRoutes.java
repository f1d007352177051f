package dev.hongyan.gateway.admin;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.gateway.http.RateLimits;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.publish.Timing;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.router.topic.Topics;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tenant's messages: publish one, look at those in the log. */
final class MessageRoutes {
  private static final String MESSAGES = AdminRoutes.PREFIX + "/tenants/{tenant}/messages";

  private static final ObjectMapper EXACT =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static final String OURS = "app.";
  private static final int SUBJECT_CHARS_MAX = 256;
  private static final Set<String> FIELDS =
      Set.of("topic", "subject", "data", "delayMs", "at", "ttlMs");

  private final AdminParts parts;
  private final MessageStory story;

  private MessageRoutes(AdminParts parts) {
    this.parts = parts;
    this.story = new MessageStory(parts);
  }

  static void add(Operations to, AdminParts parts) {
    MessageRoutes routes = new MessageRoutes(parts);
    to.postMessage(
        MESSAGES,
        Need.CONTRIBUTOR,
        call -> {
          var unused = routes.draft(call);
        },
        routes::publish);
    to.get(MESSAGES, Need.REVIEWER, routes::list);
    to.get(MESSAGES + "/{id}", Need.REVIEWER, routes::tell);
  }

  private Future<Answer> publish(Call call) {
    Publisher.Draft draft = draft(call);
    String given = call.idempotencyKey();
    return parts
        .publisher()
        .publish(
            call.tenant(),
            draft,
            given == null ? null : "api-" + Idempotency.sha256(call.caller().name() + '\n' + given),
            call.header("traceparent"),
            RateLimits.priority(call.header(RateLimits.PRIORITY)))
        .compose(published -> published(call.tenant(), published));
  }

  private Publisher.Draft draft(Call call) {
    JsonObject body = call.body();
    List<FieldError> errors = new ArrayList<>();
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        errors.add(new FieldError(field, "is not known here"));
      }
    }
    String topic = topic(body, errors);
    String subject = subject(body, errors);
    if (!body.containsKey("data")) {
      errors.add(new FieldError("data", "is required"));
    }
    JsonNode exact = exact(call);
    Timing timing =
        Timing.read(
            exact.get("delayMs"),
            exact.get("at"),
            exact.get("ttlMs"),
            parts.clock().wallMillis(),
            (field, wrong) -> errors.add(new FieldError(field, wrong)));
    if (!errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "The message cannot be published", errors);
    }
    return new Publisher.Draft(topic, subject, exact.path("data"), timing);
  }

  /** The body once more, so that numbers keep all their digits. */
  private static JsonNode exact(Call call) {
    try {
      return EXACT.readTree(call.bodyBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it was read before
    }
  }

  /** A repeat is answered with the first one's id, while that is in the log. */
  private Future<Answer> published(String tenant, Publisher.Published published) {
    Cursor cursor = published.cursor();
    if (cursor == null) {
      return Future.succeededFuture(delayed(published));
    }
    JsonObject answer = new JsonObject().put("cursor", cursor.toString());
    if (!published.duplicate()) {
      return Future.succeededFuture(
          Answer.accepted(answer.put("id", Long.toString(published.id()))));
    }
    return parts
        .log()
        .read(tenant, cursor.epoch(), cursor.seq(), 1)
        .map(
            found -> {
              answer.put("duplicate", true);
              if (!found.isEmpty() && found.get(0).seq() == cursor.seq()) {
                answer.put("id", Long.toString(found.get(0).header().id()));
              }
              return Answer.accepted(answer);
            });
  }

  /** A repeat of one that is in the log by now has no "dueAt". */
  private static Answer delayed(Publisher.Published published) {
    JsonObject answer = new JsonObject().put("id", Long.toString(published.id()));
    if (published.dueMillis() > 0) {
      answer.put("dueAt", Instant.ofEpochMilli(published.dueMillis()).toString());
    }
    return Answer.accepted(published.duplicate() ? answer.put("duplicate", true) : answer);
  }

  private static String topic(JsonObject body, List<FieldError> errors) {
    String topic = body.getValue("topic") instanceof String s ? s : "";
    String problem = Topics.problemWith(topic);
    if (problem != null) {
      errors.add(new FieldError("topic", problem));
    } else if (!topic.startsWith(OURS)) {
      errors.add(new FieldError("topic", "must begin with " + OURS));
    }
    return topic;
  }

  private static @Nullable String subject(JsonObject body, List<FieldError> errors) {
    Object value = body.getValue("subject");
    if (value == null) {
      return null;
    }
    if (value instanceof String text
        && !text.isEmpty()
        && text.length() <= SUBJECT_CHARS_MAX
        && text.chars().noneMatch(Character::isISOControl)) {
      return text;
    }
    errors.add(
        new FieldError(
            "subject", "must be 1 to " + SUBJECT_CHARS_MAX + " characters, none of control"));
    return null;
  }

  private Future<Answer> tell(Call call) {
    long around = 0;
    String text = call.query("around");
    if (text != null) {
      try {
        around = OffsetDateTime.parse(text).toInstant().toEpochMilli();
      } catch (DateTimeException | ArithmeticException e) {
        throw Call.invalid("around", "must be a time like 2026-12-31T01:00:00Z");
      }
    }
    return story.tell(call.tenant(), id(call.path("id")), around);
  }

  /** Our ids are positive numbers. */
  private static long id(String text) {
    try {
      long id = Long.parseLong(text);
      if (id > 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Told below, like a number that is none of ours.
    }
    throw Problem.NOT_FOUND.because("There is no such message");
  }

  private Future<Answer> list(Call call) {
    int limit = call.limit();
    String from = call.query("from");
    StartAt start = StartAt.parse(from == null ? "first" : from);
    if (start == null) {
      throw Call.invalid("from", "must be first, now or a cursor");
    }
    String text = call.query("topic");
    String problem = text == null ? null : TopicPattern.problemWith(text);
    if (problem != null) {
      throw Call.invalid("topic", problem);
    }
    TopicPattern pattern = text == null ? null : TopicPattern.parse(text);
    return parts
        .log()
        .head(call.tenant())
        .compose(
            head -> {
              Resume resume =
                  start.cursor() == null
                      ? Resume.fresh(start, head)
                      : Resume.at(start.cursor(), head);
              MessageList list = new MessageList(pattern, limit, resume.start(), head.seq());
              return read(call.tenant(), list);
            });
  }

  private Future<Answer> read(String tenant, MessageList list) {
    Cursor at = list.at();
    return parts
        .log()
        .read(tenant, at.epoch(), at.seq() + 1, MessageList.PAGE)
        .compose(
            page -> {
              for (LogEntry entry : page) {
                if (!list.take(entry)) {
                  break;
                }
              }
              return page.isEmpty() || list.isDone()
                  ? Future.succeededFuture(list.answer(page.isEmpty()))
                  : read(tenant, list);
            });
  }
}
