package dev.hongyan.gateway.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** As much of JSON Schema as the protocol's document uses; an unknown word is a mistake. */
final class JsonSchema {
  private final JsonNode document;

  JsonSchema(JsonNode document) {
    this.document = document;
  }

  JsonNode resolve(JsonNode node) {
    JsonNode ref = node.get("$ref");
    if (ref == null) {
      return node;
    }
    JsonNode target = document.at(ref.textValue().substring(1));
    if (target.isMissingNode()) {
      throw new IllegalArgumentException("nothing at " + ref);
    }
    return resolve(target);
  }

  /** What is wrong with {@code value}, each with its path. */
  List<String> faults(JsonNode schema, JsonNode value) {
    List<String> out = new ArrayList<>();
    check(schema, value, "$", out);
    return out;
  }

  private void check(JsonNode given, JsonNode value, String at, List<String> out) {
    JsonNode schema = resolve(given);
    schema
        .fields()
        .forEachRemaining(
            word -> {
              JsonNode w = word.getValue();
              boolean good =
                  switch (word.getKey()) {
                    case "description", "default", "examples", "x-status" -> true;
                    case "type" -> isType(w.textValue(), value);
                    case "const" -> w.equals(value);
                    case "enum" -> contains(w, value);
                    case "pattern" -> Pattern.compile(w.textValue()).matcher(value.asText()).find();
                    case "format" -> value.asText().matches("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z");
                    case "minLength" -> value.asText().length() >= w.intValue();
                    case "maxLength" -> value.asText().length() <= w.intValue();
                    case "minimum" -> value.asDouble() >= w.asDouble();
                    case "maximum" -> value.asDouble() <= w.asDouble();
                    case "minItems" -> value.size() >= w.intValue();
                    case "maxItems" -> value.size() <= w.intValue();
                    case "required" -> hasAll(w, value);
                    case "allOf" -> {
                      w.forEach(part -> check(part, value, at, out));
                      yield true;
                    }
                    case "items" -> {
                      value.forEach(item -> check(w, item, at + "[]", out));
                      yield true;
                    }
                    case "properties" -> {
                      w.fields()
                          .forEachRemaining(
                              p -> {
                                if (value.has(p.getKey())) {
                                  String below = at + "." + p.getKey();
                                  check(p.getValue(), value.get(p.getKey()), below, out);
                                }
                              });
                      yield true;
                    }
                    case "additionalProperties" -> {
                      others(schema, w, value, at, out);
                      yield true;
                    }
                    default -> throw new IllegalArgumentException("unknown: " + word.getKey());
                  };
              if (!good) {
                out.add(at + ": " + word.getKey() + " " + w + " is not met by " + value);
              }
            });
  }

  private void others(JsonNode schema, JsonNode rule, JsonNode value, String at, List<String> out) {
    value
        .fields()
        .forEachRemaining(
            field -> {
              if (!schema.path("properties").has(field.getKey())) {
                if (rule.isObject()) {
                  check(rule, field.getValue(), at + "." + field.getKey(), out);
                } else if (!rule.booleanValue()) {
                  out.add(at + ": " + field.getKey() + " is not documented");
                }
              }
            });
  }

  private static boolean isType(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      default -> throw new IllegalArgumentException(type);
    };
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode item : list) {
      if (item.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasAll(JsonNode names, JsonNode value) {
    for (JsonNode name : names) {
      if (!value.has(name.textValue())) {
        return false;
      }
    }
    return true;
  }
}
