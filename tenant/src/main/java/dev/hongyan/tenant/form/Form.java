package dev.hongyan.tenant.form;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object field by field and notes everything that is wrong on the way, so that the
 * caller hears of all mistakes at once. A message never repeats a value: it may be secret.
 */
public final class Form {
  private final JsonObject body;
  private final String path;
  private final List<FieldError> errors;

  public Form(JsonObject body) {
    this(body, "", new ArrayList<>());
  }

  private Form(JsonObject body, String path, List<FieldError> errors) {
    this.body = body;
    this.path = path;
    this.errors = errors;
  }

  /** A form for an inner object; an empty one when the field is missing or null. */
  public Form inner(String field) {
    Object value = body.getValue(field);
    if (value != null && !(value instanceof JsonObject)) {
      wrong(field, "must be an object");
    }
    return new Form(
        value instanceof JsonObject o ? o : new JsonObject(), path + field + ".", errors);
  }

  /** A form for each element of a list, named by its position. */
  public List<Form> list(String field) {
    Object value = body.getValue(field);
    List<Form> forms = new ArrayList<>();
    if (value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        String at = field + "[" + i + "]";
        if (array.getValue(i) instanceof JsonObject element) {
          forms.add(new Form(element, path + at + ".", errors));
        } else {
          wrong(at, "must be an object");
        }
      }
    } else if (value != null) {
      wrong(field, "must be a list");
    }
    return forms;
  }

  public JsonObject body() {
    return body;
  }

  /** Notes every field that is not one of these. */
  public void only(Set<String> known) {
    for (String field : body.fieldNames()) {
      if (!known.contains(field)) {
        wrong(field, "is not known here");
      }
    }
  }

  /** A text that is not blank, or null when the field is missing or wrong. */
  public @Nullable String text(String field, int max) {
    Object value = body.getValue(field);
    if (value == null) {
      return null;
    }
    if (value instanceof Number) {
      wrong(field, "must be a text; put it in quotes");
      return null;
    }
    if (!(value instanceof String text) || text.isBlank() || text.length() > max) {
      wrong(field, "must be a text of 1 to " + max + " characters");
      return null;
    }
    return text;
  }

  /** Never null; noted as an error when missing. */
  public String required(String field, int max) {
    if (body.getValue(field) == null) {
      wrong(field, "is required");
    }
    String text = text(field, max);
    return text == null ? "" : text;
  }

  /** A list of texts, those that are none left out; null when the field is missing. */
  public @Nullable List<String> texts(String field, int itemsMax, int charsMax) {
    Object value = body.getValue(field);
    if (value == null) {
      return null;
    }
    if (!(value instanceof JsonArray array) || array.size() > itemsMax) {
      wrong(field, "must be a list of at most " + itemsMax);
      return null;
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (array.getValue(i) instanceof String text && text.length() <= charsMax) {
        texts.add(text);
      } else {
        wrong(field + "[" + i + "]", "must be a text of at most " + charsMax + " characters");
      }
    }
    return texts;
  }

  /** Like {@link #text}, for what must not be shown; {@code expected} tells what was expected. */
  public @Nullable Secret secret(String field, Predicate<String> ok, String expected) {
    Object value = body.getValue(field);
    if (value == null) {
      return null;
    }
    if (value instanceof Number) {
      wrong(field, "must be a text; put it in quotes");
      return null;
    }
    if (!(value instanceof String text) || !ok.test(text)) {
      wrong(field, expected);
      return null;
    }
    return Secret.of(text);
  }

  /** One of an enum's names in lower case, or null. */
  public <E extends Enum<E>> @Nullable E choice(String field, Class<E> of) {
    Object value = body.getValue(field);
    if (value == null) {
      return null;
    }
    for (E each : of.getEnumConstants()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(value)) {
        return each;
      }
    }
    wrong(
        field,
        "must be one of "
            + String.join(
                ", ",
                Arrays.stream(of.getEnumConstants())
                    .map(e -> e.name().toLowerCase(Locale.ROOT))
                    .toList()));
    return null;
  }

  /** A whole number, or null when the field is missing or wrong. */
  public @Nullable Long number(String field, long min, long max) {
    Object value = body.getValue(field);
    if (value == null) {
      return null;
    }
    if (value instanceof Integer || value instanceof Long) {
      long number = ((Number) value).longValue();
      if (number >= min && number <= max) {
        return number;
      }
    }
    wrong(field, "must be a whole number from " + min + " to " + max);
    return null;
  }

  /** Texts without repetition; empty when the field is missing or null. */
  public List<String> texts(String field, int max, Predicate<String> ok, String expected) {
    Object value = body.getValue(field);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof JsonArray array) || array.size() > max) {
      wrong(field, "must be a list of at most " + max + " texts");
      return List.of();
    }
    Set<String> texts = new LinkedHashSet<>();
    for (int i = 0; i < array.size(); i++) {
      if (array.getValue(i) instanceof String text && ok.test(text)) {
        texts.add(text);
      } else {
        wrong(field + "[" + i + "]", expected);
      }
    }
    return List.copyOf(texts);
  }

  /** False when missing. */
  public boolean flag(String field) {
    Object value = body.getValue(field);
    if (value == null || value instanceof Boolean) {
      return Boolean.TRUE.equals(value);
    }
    wrong(field, "must be true or false");
    return false;
  }

  /** Notes a mistake; {@code message} goes on after the field's name and repeats no value. */
  public void wrong(String field, String message) {
    errors.add(new FieldError(path + field, message));
  }

  /** Throws {@link Problem#VALIDATION} with everything that was noted. */
  public void check() {
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Problem.VALIDATION,
          errors.size() == 1 ? "One field is not valid" : errors.size() + " fields are not valid",
          errors);
    }
  }
}
