package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.access.Scopes;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** API keys, and the tokens of WebSocket clients. */
final class KeyRoutes {
  private static final String KEYS = AdminRoutes.PREFIX + "/tenants/{tenant}/keys";
  private static final String TOKENS = AdminRoutes.PREFIX + "/tenants/{tenant}/client-tokens";
  private static final Set<String> TOKEN_FIELDS =
      Set.of("subject", "topics", "publish", "ttlSeconds");
  private static final long TTL_SECONDS_DEFAULT = 3600;
  private static final int OVERLAP_SECONDS_DEFAULT = 86_400;

  private final AdminParts parts;

  private KeyRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    KeyRoutes routes = new KeyRoutes(parts);
    to.post(KEYS, Need.ADMIN, routes::createKey);
    to.get(KEYS, Need.ADMIN, routes::listKeys);
    to.get(KEYS + "/{key}", Need.ADMIN, routes::readKey);
    to.delete(KEYS + "/{key}", Need.ADMIN, routes::deleteKey);
    to.post(KEYS + "/{key}/rotate", Need.ADMIN, routes::rotateKey);
    to.post(
        TOKENS,
        Need.CONTRIBUTOR,
        call -> {
          var unused = wish(call.body());
        },
        routes::mint);
  }

  private Future<Answer> createKey(Call call) {
    checkTopics(call.body());
    return parts
        .keys()
        .create(call.tenant(), call.body())
        .map(made -> Answer.created(shown(call, made)));
  }

  /** What only the router knows of scopes; all else is checked where keys are made. */
  private static void checkTopics(JsonObject body) {
    if (body.getValue("scopes") instanceof JsonArray scopes) {
      for (int i = 0; i < scopes.size(); i++) {
        if (scopes.getValue(i) instanceof String scope && scope.startsWith(Scopes.TOPICS)) {
          String problem = TopicPattern.problemWith(scope.substring(Scopes.TOPICS.length()));
          if (problem != null) {
            throw Call.invalid("scopes[" + i + "]", problem);
          }
        }
      }
    }
  }

  /** With the secret, this once. */
  private static JsonObject shown(Call call, ApiKeys.Made made) {
    call.note("key", made.key().toJson());
    return made.key().toJson().put("secret", made.secret().reveal());
  }

  private Future<Answer> readKey(Call call) {
    return parts.keys().read(call.tenant(), call.path("key")).map(k -> Answer.ok(k.toJson()));
  }

  private Future<Answer> rotateKey(Call call) {
    JsonObject body = call.body();
    long max = ApiKeys.OVERLAP_MAX.toSeconds();
    Object overlap = body.getValue("overlapSeconds", OVERLAP_SECONDS_DEFAULT);
    if (body.fieldNames().stream().anyMatch(field -> !field.equals("overlapSeconds"))
        || !(overlap instanceof Integer seconds)
        || seconds < 0
        || seconds > max) {
      throw Call.invalid("overlapSeconds", "must be a whole number from 0 to " + max + ", alone");
    }
    return parts
        .keys()
        .rotate(call.tenant(), call.path("key"), Duration.ofSeconds(seconds))
        .map(made -> Answer.ok(shown(call, made)));
  }

  private Future<Answer> listKeys(Call call) {
    return parts
        .keys()
        .list(call.tenant())
        .map(keys -> Answer.list(keys.stream().map(ApiKeys.ApiKey::toJson).toList(), null));
  }

  private Future<Answer> deleteKey(Call call) {
    return parts.keys().delete(call.tenant(), call.path("key")).map(Answer.NO_CONTENT);
  }

  /** What a client's token is to allow. */
  private record Wish(String subject, List<String> topics, List<String> publish, long ttl) {}

  private static Wish wish(JsonObject body) {
    List<FieldError> errors = new ArrayList<>();
    for (String field : body.fieldNames()) {
      if (!TOKEN_FIELDS.contains(field)) {
        errors.add(new FieldError(field, "is not known here"));
      }
    }
    String subject = body.getValue("subject") instanceof String s ? s : "";
    if (subject.isBlank() || subject.length() > 200) {
      errors.add(new FieldError("subject", "must be 1 to 200 characters"));
    }
    List<String> topics = patterns(body, "topics", errors);
    List<String> publish = patterns(body, "publish", errors);
    long ttl = ttlSeconds(body, errors);
    if (!errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "The token cannot be made", errors);
    }
    return new Wish(subject, topics, publish, ttl);
  }

  private Future<Answer> mint(Call call) {
    Wish wish = wish(call.body());
    long now = parts.clock().wallMillis();
    Duration ttl = Duration.ofSeconds(wish.ttl());
    Secret token =
        parts
            .clientTokens()
            .mint(call.tenant(), wish.subject(), wish.topics(), wish.publish(), ttl);
    call.note("topics", new JsonArray(wish.topics()));
    call.note("publish", new JsonArray(wish.publish()));
    call.note("ttlSeconds", wish.ttl());
    return Future.succeededFuture(
        Answer.created(
            new JsonObject()
                .put("token", token.reveal())
                .put("expiresAt", Instant.ofEpochSecond(now / 1000 + wish.ttl()).toString())));
  }

  private static long ttlSeconds(JsonObject body, List<FieldError> errors) {
    Object value = body.getValue("ttlSeconds");
    if (value == null) {
      return TTL_SECONDS_DEFAULT;
    }
    long max = ClientTokens.TTL_MAX.toSeconds();
    if (value instanceof Integer n && n >= 1 && n <= max) {
      return n;
    }
    errors.add(new FieldError("ttlSeconds", "must be a whole number from 1 to " + max));
    return TTL_SECONDS_DEFAULT;
  }

  private static List<String> patterns(JsonObject body, String field, List<FieldError> errors) {
    Object value = body.getValue(field);
    if (value == null) {
      return List.of();
    }
    List<String> patterns = new ArrayList<>();
    if (!(value instanceof JsonArray array) || array.size() > 100) {
      errors.add(new FieldError(field, "must be a list of at most 100 patterns"));
      return patterns;
    }
    for (int i = 0; i < array.size(); i++) {
      String at = field + "[" + i + "]";
      if (array.getValue(i) instanceof String text) {
        String problem = TopicPattern.problemWith(text);
        if (problem == null) {
          patterns.add(text);
        } else {
          errors.add(new FieldError(at, problem));
        }
      } else {
        errors.add(new FieldError(at, "must be a text"));
      }
    }
    return patterns;
  }
}
