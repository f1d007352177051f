package dev.hongyan.gateway.contract;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * What a caller who was written against one contract would stumble over under another. What is
 * added stays unmentioned: new operations, optional parameters and fields, further choices.
 */
final class Changes {
  private static final List<String> METHODS = List.of("get", "put", "post", "patch", "delete");
  private static final List<String> ROLES =
      List.of("guest", "contributor", "reviewer", "admin", "operator");

  /** Which way a value travels: a request must not become narrower, an answer not wider. */
  private enum Way {
    REQUEST,
    ANSWER
  }

  private final JsonObject before;
  private final JsonObject after;
  private final List<String> found = new ArrayList<>();

  private Changes(JsonObject before, JsonObject after) {
    this.before = before;
    this.after = after;
  }

  /** All incompatible changes, each a sentence. */
  static List<String> between(JsonObject before, JsonObject after) {
    Changes changes = new Changes(before, after);
    changes.operations();
    return changes.found;
  }

  static JsonObject read(String yaml) {
    Map<String, Object> read = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    return new JsonObject(read);
  }

  private void operations() {
    for (Map.Entry<String, Object> path : before.getJsonObject("paths")) {
      JsonObject old = (JsonObject) path.getValue();
      JsonObject now = after.getJsonObject("paths").getJsonObject(path.getKey());
      for (String method : METHODS) {
        if (old.containsKey(method)) {
          String at = method.toUpperCase(Locale.ROOT) + " " + path.getKey();
          if (now == null || !now.containsKey(method)) {
            found.add(at + " is gone");
          } else {
            operation(at, old, old.getJsonObject(method), now, now.getJsonObject(method));
          }
        }
      }
    }
  }

  private void operation(
      String at, JsonObject oldPath, JsonObject old, JsonObject nowPath, JsonObject now) {
    if (!String.valueOf(old.getString("operationId")).equals(now.getString("operationId"))) {
      found.add(at + " has another operationId");
    }
    String role = old.getString("x-hongyan-role");
    if (role != null && ROLES.indexOf(now.getString("x-hongyan-role")) > ROLES.indexOf(role)) {
      found.add(at + " needs a higher role");
    }
    parameters(at, parameters(before, oldPath, old), parameters(after, nowPath, now));
    body(at, old.getJsonObject("requestBody"), now.getJsonObject("requestBody"));
    JsonObject answers = now.getJsonObject("responses");
    for (Map.Entry<String, Object> each : old.getJsonObject("responses")) {
      String here = at + " " + each.getKey();
      if (!answers.containsKey(each.getKey())) {
        found.add(here + " is no answer any more");
      } else {
        content(
            here,
            Way.ANSWER,
            resolve(before, (JsonObject) each.getValue()),
            resolve(after, answers.getJsonObject(each.getKey())));
      }
    }
  }

  private static Map<String, JsonObject> parameters(
      JsonObject document, JsonObject path, JsonObject operation) {
    Map<String, JsonObject> all = new TreeMap<>();
    for (JsonObject part : List.of(path, operation)) {
      for (Object each : part.getJsonArray("parameters", new JsonArray())) {
        JsonObject parameter = resolve(document, (JsonObject) each);
        all.put(parameter.getString("in") + " " + parameter.getString("name"), parameter);
      }
    }
    return all;
  }

  private void parameters(String at, Map<String, JsonObject> old, Map<String, JsonObject> now) {
    for (Map.Entry<String, JsonObject> each : old.entrySet()) {
      String here = at + " " + each.getKey();
      JsonObject same = now.get(each.getKey());
      if (same == null) {
        found.add(here + " is gone");
      } else {
        if (isRequired(same) && !isRequired(each.getValue())) {
          found.add(here + " is required now");
        }
        schema(
            here,
            Way.REQUEST,
            each.getValue().getJsonObject("schema"),
            same.getJsonObject("schema"));
      }
    }
    now.forEach(
        (name, parameter) -> {
          if (!old.containsKey(name) && isRequired(parameter)) {
            found.add(at + " " + name + " is new and required");
          }
        });
  }

  private void body(String at, JsonObject old, JsonObject now) {
    if (old == null) {
      if (now != null && isRequired(resolve(after, now))) {
        found.add(at + " requires a body now");
      }
    } else if (now == null) {
      found.add(at + " takes no body any more");
    } else {
      JsonObject then = resolve(before, old);
      JsonObject here = resolve(after, now);
      if (isRequired(here) && !isRequired(then)) {
        found.add(at + " requires its body now");
      }
      content(at + " body", Way.REQUEST, then, here);
    }
  }

  private static boolean isRequired(JsonObject described) {
    return described.getBoolean("required", false);
  }

  private void content(String at, Way way, JsonObject old, JsonObject now) {
    JsonObject types = now.getJsonObject("content", new JsonObject());
    for (Map.Entry<String, Object> type : old.getJsonObject("content", new JsonObject())) {
      if (!types.containsKey(type.getKey())) {
        found.add(at + " is not " + type.getKey() + " any more");
      } else {
        schema(
            at,
            way,
            ((JsonObject) type.getValue()).getJsonObject("schema"),
            types.getJsonObject(type.getKey()).getJsonObject("schema"));
      }
    }
  }

  private void schema(String at, Way way, JsonObject oldRef, JsonObject nowRef) {
    if (oldRef == null || nowRef == null) {
      if (oldRef != nowRef) {
        found.add(at + " is described in another way");
      }
      return;
    }
    JsonObject old = whole(before, oldRef);
    JsonObject now = whole(after, nowRef);
    String type = old.getString("type");
    String typeNow = now.getString("type");
    if (type != null && typeNow != null && !type.equals(typeNow)
        || type == null && typeNow != null && way == Way.REQUEST && !old.containsKey("enum")) {
      found.add(at + " is of type " + typeNow + " now");
      return;
    }
    if (way == Way.REQUEST) {
      narrowed(at, old, now);
    }
    fields(at, way, old, now);
    if (old.containsKey("items") && now.containsKey("items")) {
      schema(at + "[]", way, old.getJsonObject("items"), now.getJsonObject("items"));
    }
  }

  private void narrowed(String at, JsonObject old, JsonObject now) {
    JsonArray choices = now.getJsonArray("enum");
    if (choices != null) {
      JsonArray former = old.getJsonArray("enum");
      if (former == null || !former.stream().allMatch(choices::contains)) {
        found.add(at + " has fewer choices");
      }
    }
    for (String least : List.of("minimum", "minLength", "minItems")) {
      if (number(now, least, Double.NEGATIVE_INFINITY)
          > number(old, least, Double.NEGATIVE_INFINITY)) {
        found.add(at + " has a higher " + least);
      }
    }
    for (String most : List.of("maximum", "maxLength", "maxItems")) {
      if (number(now, most, Double.POSITIVE_INFINITY)
          < number(old, most, Double.POSITIVE_INFINITY)) {
        found.add(at + " has a lower " + most);
      }
    }
    for (String form : List.of("pattern", "format")) {
      if (now.containsKey(form) && !now.getValue(form).equals(old.getValue(form))) {
        found.add(at + " has another " + form);
      }
    }
  }

  private static double number(JsonObject schema, String key, double none) {
    Number number = schema.getNumber(key);
    return number == null ? none : number.doubleValue();
  }

  private void fields(String at, Way way, JsonObject old, JsonObject now) {
    JsonObject fields = old.getJsonObject("properties", new JsonObject());
    JsonObject fieldsNow = now.getJsonObject("properties", new JsonObject());
    for (Map.Entry<String, Object> field : fields) {
      String here = at + " " + field.getKey();
      if (fieldsNow.containsKey(field.getKey())) {
        schema(here, way, (JsonObject) field.getValue(), fieldsNow.getJsonObject(field.getKey()));
      } else {
        found.add(here + " is gone");
      }
    }
    JsonArray required = old.getJsonArray("required", new JsonArray());
    JsonArray requiredNow = now.getJsonArray("required", new JsonArray());
    if (way == Way.REQUEST) {
      requiredNow.stream()
          .filter(field -> !required.contains(field))
          .forEach(field -> found.add(at + " " + field + " is required now"));
      if (Boolean.FALSE.equals(now.getValue("additionalProperties"))
          && !Boolean.FALSE.equals(old.getValue("additionalProperties"))) {
        found.add(at + " takes no other fields any more");
      }
    } else {
      required.stream()
          .filter(field -> !requiredNow.contains(field) && fieldsNow.containsKey("" + field))
          .forEach(field -> found.add(at + " " + field + " may be absent now"));
    }
  }

  /** A schema with what it refers to and what it is made of, in one. */
  private static JsonObject whole(JsonObject document, JsonObject schema) {
    JsonObject here = resolve(document, schema).copy();
    JsonArray parts = here.getJsonArray("allOf");
    if (parts != null) {
      here.remove("allOf");
      parts.forEach(part -> here.mergeIn(joined(here, whole(document, (JsonObject) part)), true));
    }
    return here;
  }

  private static JsonObject joined(JsonObject here, JsonObject part) {
    JsonArray required = here.getJsonArray("required", new JsonArray()).copy();
    part.getJsonArray("required", new JsonArray()).forEach(required::add);
    return required.isEmpty() ? part : part.put("required", required);
  }

  private static JsonObject resolve(JsonObject document, JsonObject maybeRef) {
    String ref = maybeRef.getString("$ref");
    if (ref == null) {
      return maybeRef;
    }
    JsonObject here = document;
    for (String part : ref.substring("#/".length()).split("/")) {
      here = here.getJsonObject(part);
    }
    return resolve(document, here);
  }
}
