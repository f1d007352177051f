package dev.hongyan.gateway.contract;

import dev.hongyan.observability.problem.ProblemException.FieldError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a value must look like: the keywords of JSON Schema 2020-12 that the contract uses; one that
 * is not known here is refused when the contract is read, not ignored. Everything wrong is noted,
 * one message for a field, none of which repeats a value: it may be secret.
 *
 * <p>In one thing more lenient than the standard: {@code null} is as good as absent, because a
 * merge patch writes it so.
 */
final class Schema {
  /** What a mistake is called instead of what the keywords would say; goes on after the name. */
  private static final String EXPECTS = "x-hongyan-expects";

  private static final Set<String> ANNOTATIONS =
      Set.of("description", "default", "examples", "title", "writeOnly", "readOnly", "deprecated");
  private static final Set<String> KEYWORDS =
      Set.of(
          "$ref",
          "type",
          "enum",
          "const",
          "minimum",
          "maximum",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "properties",
          "required",
          "additionalProperties",
          "items",
          "minItems",
          "maxItems",
          "allOf",
          "anyOf");

  private final @Nullable String type;
  private final @Nullable List<?> choices;
  private final @Nullable Number minimum;
  private final @Nullable Number maximum;
  private final int minLength;
  private final int maxLength;
  private final @Nullable Pattern pattern;
  private final boolean time;
  private final Map<String, Schema> properties = new LinkedHashMap<>();
  private final List<String> required;
  private final boolean closed;
  private final @Nullable Schema others;
  private final @Nullable Schema items;
  private final int minItems;
  private final int maxItems;
  private final List<Schema> all;
  private final List<Schema> any;
  private final @Nullable Supplier<Schema> referred;
  private final @Nullable String expects;

  /**
   * Reads a schema.
   *
   * @param refs the schema behind a {@code $ref}, which may not have been read yet
   * @throws IllegalArgumentException for what is not known here
   */
  Schema(JsonObject json, Function<String, Supplier<Schema>> refs) {
    for (String key : json.fieldNames()) {
      if (!KEYWORDS.contains(key) && !ANNOTATIONS.contains(key) && !key.startsWith("x-")) {
        throw new IllegalArgumentException("the contract uses " + key + ", which is not checked");
      }
    }
    String ref = json.getString("$ref");
    this.referred = ref == null ? null : refs.apply(ref);
    this.type = json.getString("type");
    this.choices =
        json.containsKey("const")
            ? List.of(json.getValue("const"))
            : json.containsKey("enum") ? json.getJsonArray("enum").getList() : null;
    this.minimum = json.getNumber("minimum");
    this.maximum = json.getNumber("maximum");
    this.minLength = json.getInteger("minLength", 0);
    this.maxLength = json.getInteger("maxLength", Integer.MAX_VALUE);
    String regex = json.getString("pattern");
    this.pattern = regex == null ? null : Pattern.compile(regex);
    this.time = "date-time".equals(json.getString("format"));
    json.getJsonObject("properties", new JsonObject())
        .forEach(each -> properties.put(each.getKey(), of(each.getValue(), refs)));
    this.required = texts(json.getJsonArray("required"));
    Object additional = json.getValue("additionalProperties");
    this.closed = Boolean.FALSE.equals(additional);
    this.others = additional instanceof JsonObject ? of(additional, refs) : null;
    this.items = json.containsKey("items") ? of(json.getValue("items"), refs) : null;
    this.minItems = json.getInteger("minItems", 0);
    this.maxItems = json.getInteger("maxItems", Integer.MAX_VALUE);
    this.all = each(json.getJsonArray("allOf"), refs);
    this.any = each(json.getJsonArray("anyOf"), refs);
    this.expects = json.getString(EXPECTS);
  }

  private static Schema of(Object json, Function<String, Supplier<Schema>> refs) {
    return new Schema((JsonObject) json, refs);
  }

  private static List<Schema> each(
      @Nullable JsonArray array, Function<String, Supplier<Schema>> refs) {
    return array == null ? List.of() : array.stream().map(s -> of(s, refs)).toList();
  }

  private static List<String> texts(@Nullable JsonArray array) {
    return array == null ? List.of() : array.stream().map(String::valueOf).toList();
  }

  /** Notes what is wrong with a value that is there. */
  void check(Object value, String field, List<FieldError> errors) {
    if (referred != null) {
      referred.get().check(value, field, errors);
    }
    String wrong = wrong(value);
    if (wrong != null) {
      errors.add(new FieldError(field, expects == null ? wrong : expects));
      return;
    }
    if (value instanceof JsonObject object) {
      inside(object, field, errors);
    } else if (value instanceof JsonArray array && items != null) {
      for (int i = 0; i < array.size(); i++) {
        Object item = array.getValue(i);
        if (item != null) {
          items.check(item, field + "[" + i + "]", errors);
        }
      }
    }
    all.forEach(each -> each.check(value, field, errors));
    if (!any.isEmpty() && any.stream().noneMatch(each -> each.takes(value, field))) {
      errors.add(new FieldError(field, expects == null ? "has none of the known forms" : expects));
    }
  }

  private boolean takes(Object value, String field) {
    List<FieldError> errors = new ArrayList<>();
    check(value, field, errors);
    return errors.isEmpty();
  }

  private void inside(JsonObject object, String field, List<FieldError> errors) {
    String before = field.isEmpty() ? "" : field + ".";
    for (String name : required) {
      Schema known = properties.get(name);
      if (object.getValue(name) == null
          && !(object.containsKey(name) && known != null && known.takesAnything())) {
        errors.add(new FieldError(before + name, "is required"));
      }
    }
    for (Map.Entry<String, Object> entry : object) {
      Schema known = properties.getOrDefault(entry.getKey(), others);
      if (known != null && entry.getValue() != null) {
        known.check(entry.getValue(), before + entry.getKey(), errors);
      } else if (known == null && closed) {
        errors.add(new FieldError(before + entry.getKey(), "is not known here"));
      }
    }
  }

  private boolean takesAnything() {
    return type == null && choices == null && referred == null && all.isEmpty() && any.isEmpty();
  }

  /** What is wrong with the value itself, whatever is inside; null when nothing is. */
  private @Nullable String wrong(Object value) {
    if (type != null && !isOf(type, value)) {
      return value instanceof Number && type.equals("string")
          ? "must be a text; put it in quotes"
          : expected();
    }
    boolean good =
        (choices == null || choices.contains(value))
            && (!(value instanceof Number number) || inRange(number))
            && (!(value instanceof String text) || isText(text))
            && (!(value instanceof JsonArray array)
                || array.size() >= minItems && array.size() <= maxItems);
    return good ? null : expected();
  }

  private static boolean isOf(String type, Object value) {
    return switch (type) {
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "number" -> value instanceof Number;
      case "integer" ->
          value instanceof Number number
              && (!(number instanceof Double || number instanceof Float)
                  || number.doubleValue() == Math.rint(number.doubleValue()));
      case "array" -> value instanceof JsonArray;
      case "object" -> value instanceof JsonObject;
      default -> throw new IllegalArgumentException("the contract knows no type " + type);
    };
  }

  private boolean inRange(Number number) {
    return (minimum == null || number.doubleValue() >= minimum.doubleValue())
        && (maximum == null || number.doubleValue() <= maximum.doubleValue());
  }

  private boolean isText(String text) {
    int length = text.codePointCount(0, text.length());
    return length >= minLength
        && length <= maxLength
        && (pattern == null || pattern.matcher(text).find())
        && (!time || isTime(text));
  }

  private static boolean isTime(String text) {
    try {
      var unused = OffsetDateTime.parse(text);
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private String expected() {
    if (choices != null) {
      return "must be one of "
          + choices.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
    return switch (type == null ? "" : type) {
      case "integer" -> "must be a whole number" + range();
      case "number" -> "must be a number" + range();
      case "boolean" -> "must be true or false";
      case "object" -> "must be an object";
      case "array" ->
          maxItems == Integer.MAX_VALUE
              ? "must be a list"
              : "must be a list of at most " + maxItems;
      case "string" -> expectedText();
      default -> "has none of the known forms";
    };
  }

  private String expectedText() {
    if (time) {
      return "must be a time like 2026-12-31T09:00:00+08:00";
    }
    if (pattern != null) {
      return "must match " + pattern.pattern();
    }
    return maxLength == Integer.MAX_VALUE
        ? "must be a text"
        : "must be a text of " + Math.max(1, minLength) + " to " + maxLength + " characters";
  }

  private String range() {
    if (minimum == null) {
      return maximum == null ? "" : " of at most " + maximum;
    }
    return maximum == null ? " of at least " + minimum : " from " + minimum + " to " + maximum;
  }

  /** The value that a text in a path, query or header stands for; itself when it is none. */
  Object read(String text) {
    try {
      return switch (type == null ? "" : type) {
        case "integer" -> Long.parseLong(text);
        case "number" -> Double.parseDouble(text);
        case "boolean" ->
            text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : text;
        default -> text;
      };
    } catch (NumberFormatException notANumber) {
      return text;
    }
  }
}
