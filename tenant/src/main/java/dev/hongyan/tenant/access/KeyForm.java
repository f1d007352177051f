package dev.hongyan.tenant.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.access.ApiKeys.ApiKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** API keys as callers ask for them, and as they are stored. */
final class KeyForm {
  private static final Set<String> FIELDS = Set.of("name", "role", "scopes", "expiresAt");
  private static final int SCOPES_MAX = 50;
  private static final int NAME_MAX = 100;

  private KeyForm() {}

  /** Reads the body of a POST; throws VALIDATION. */
  static ApiKey asked(String tenant, JsonObject body, long nowMillis) {
    List<FieldError> errors = new ArrayList<>();
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        errors.add(new FieldError(field, "is not known here"));
      }
    }
    Object name = body.getValue("name", "");
    if (!(name instanceof String text) || text.length() > NAME_MAX) {
      errors.add(new FieldError("name", "must be a text of at most " + NAME_MAX + " characters"));
    }
    Role role = Role.of(body.getValue("role"));
    if (role == null) {
      errors.add(new FieldError("role", "must be one of guest, contributor, reviewer, admin"));
    }
    Set<String> scopes = scopes(body.getValue("scopes", new JsonArray()), errors);
    Long expires = null;
    Object at = body.getValue("expiresAt");
    if (at != null) {
      expires = at instanceof String text ? instant(text) : null;
      if (expires == null || expires <= nowMillis) {
        errors.add(new FieldError("expiresAt", "must be a moment to come, as RFC 3339"));
      }
    }
    if (role == null || !errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "The key cannot be made", errors);
    }
    return new ApiKey(
        tenant,
        Digests.randomHex(8),
        String.valueOf(name),
        role,
        scopes,
        nowMillis,
        expires,
        null,
        null,
        null);
  }

  private static Set<String> scopes(@Nullable Object given, List<FieldError> errors) {
    Set<String> scopes = new HashSet<>();
    if (!(given instanceof JsonArray array) || array.size() > SCOPES_MAX) {
      errors.add(new FieldError("scopes", "must be a list of at most " + SCOPES_MAX));
      return scopes;
    }
    for (int i = 0; i < array.size(); i++) {
      String problem =
          array.getValue(i) instanceof String text ? Scopes.problemWith(text) : "must be a text";
      if (problem == null) {
        scopes.add(array.getString(i));
      } else {
        errors.add(new FieldError("scopes[" + i + "]", problem));
      }
    }
    return scopes;
  }

  private static @Nullable Long instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  /**
   * What is kept under a digest.
   *
   * @param endsMillis when this secret ends because another took its place; null for the present
   */
  static String stored(ApiKey key, @Nullable Long endsMillis) {
    JsonObject json =
        new JsonObject()
            .put("id", key.id())
            .put("role", key.role().name())
            .put("scopes", new JsonArray(List.copyOf(key.scopes())))
            .put("created", key.createdAtMillis())
            .put("expires", key.expiresAtMillis());
    if (!key.name().isEmpty()) {
      json.put("name", key.name());
    }
    if (key.rotatedAtMillis() != null) {
      json.put("rotated", key.rotatedAtMillis());
    }
    return (endsMillis == null ? json : json.put("ends", endsMillis)).encode();
  }

  /** The key behind a stored text; its previous secret is not known from that alone. */
  static ApiKey stored(String tenant, String text) {
    JsonObject json = new JsonObject(text);
    Set<String> scopes = new HashSet<>();
    json.getJsonArray("scopes").forEach(s -> scopes.add(String.valueOf(s)));
    Long expires = json.getLong("expires");
    Long ends = json.getLong("ends");
    return new ApiKey(
        tenant,
        json.getString("id"),
        json.getString("name", ""),
        Role.valueOf(json.getString("role").toUpperCase(Locale.ROOT)),
        scopes,
        json.getLong("created"),
        expires,
        null,
        json.getLong("rotated"),
        ends);
  }
}
