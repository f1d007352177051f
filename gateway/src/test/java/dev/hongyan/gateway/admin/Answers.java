package dev.hongyan.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.contract.Contract;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds every answer of the tests against the contract, good ones and problems alike. */
final class Answers {
  private static final JsonObject CONTRACT = new JsonObject(Contract.ofProgram().json());
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("https://hongyan.dev")
          .setDraft(Draft.DRAFT202012)
          .setOutputFormat(OutputFormat.Basic);

  private final Map<String, Validator> validators = new HashMap<>();
  private final Set<String> called = new HashSet<>();

  /** Names of the operations that were called, whatever came of it. */
  synchronized Set<String> called() {
    return Set.copyOf(called);
  }

  /** Fails when the contract does not allow this answer; what is not of the API passes. */
  synchronized void check(HttpResponse<String> answer) {
    String method = answer.request().method();
    String path = template(answer.uri().getPath());
    JsonObject operation =
        path == null
            ? null
            : CONTRACT
                .getJsonObject("paths")
                .getJsonObject(path)
                .getJsonObject(method.toLowerCase(Locale.ROOT));
    if (operation == null) {
      return;
    }
    called.add(method + " " + path);
    String status = Integer.toString(answer.statusCode());
    JsonObject responses = operation.getJsonObject("responses");
    assertThat(answer.statusCode() >= 400 || responses.containsKey(status))
        .as("%s %s does not tell of %s: %s", method, path, status, answer.body())
        .isTrue();
    JsonObject response =
        (JsonObject) whole(responses.getJsonObject(status, responses.getJsonObject("default")));
    JsonObject headers = response.getJsonObject("headers", new JsonObject());
    headers
        .fieldNames()
        .forEach(name -> assertThat(answer.headers().firstValue(name)).as(name).isPresent());
    JsonObject content = response.getJsonObject("content");
    if (content == null) {
      assertThat(answer.body()).isEmpty();
      return;
    }
    String type = answer.headers().firstValue("content-type").orElse("none");
    assertThat(content.fieldNames()).as(method + " " + path).contains(type);
    if (type.endsWith("json") && !type.endsWith("ndjson")) {
      body(method + " " + path + " " + status, content.getJsonObject(type), answer.body());
    }
  }

  private void body(String name, JsonObject media, String body) {
    JsonObject schema = media.getJsonObject("schema");
    JsonObject value = new JsonObject(body);
    var result =
        validators
            .computeIfAbsent(name, n -> Validator.create(JsonSchema.of(schema.copy()), OPTIONS))
            .validate(value);
    assertThat(result.getValid()).as("%s: %s, %s", name, body, result.toJson()).isTrue();
    Set<String> undescribed = new HashSet<>();
    lookFor(undescribed, schema, value, "");
    assertThat(undescribed).as("fields of %s that the contract does not know", name).isEmpty();
  }

  private static void lookFor(Set<String> found, JsonObject schema, Object value, String at) {
    if (value instanceof JsonArray array) {
      JsonObject items = properties(schema, "items");
      if (items != null) {
        array.forEach(item -> lookFor(found, items, item, at + "[]"));
      }
    } else if (value instanceof JsonObject object) {
      JsonObject known = properties(schema, "properties");
      if (known != null) {
        for (Map.Entry<String, Object> field : object) {
          if (known.containsKey(field.getKey())) {
            lookFor(
                found,
                known.getJsonObject(field.getKey()),
                field.getValue(),
                at + "." + field.getKey());
          } else {
            found.add(at + "." + field.getKey());
          }
        }
      }
    }
  }

  /** Of the schema and of all that it is made of, the later ones first. */
  private static @Nullable JsonObject properties(JsonObject schema, String key) {
    JsonObject all = schema.getJsonObject(key);
    for (Object part : schema.getJsonArray("allOf", new JsonArray())) {
      JsonObject more = properties((JsonObject) part, key);
      if (more != null) {
        all = all == null ? more : all.copy().mergeIn(more);
      }
    }
    return all;
  }

  /** The path of the contract that a request's path is one of; null when there is none. */
  private static @Nullable String template(String path) {
    String best = null;
    for (String each : CONTRACT.getJsonObject("paths").fieldNames()) {
      String regex = each.replaceAll("\\{[^}]+}", "[^/]+");
      if (path.matches(regex) && (best == null || !each.endsWith("}"))) {
        best = each;
      }
    }
    return best;
  }

  /** The same with everything in it that it refers to. */
  private static Object whole(Object node) {
    if (node instanceof JsonArray array) {
      JsonArray out = new JsonArray();
      array.forEach(each -> out.add(whole(each)));
      return out;
    }
    if (!(node instanceof JsonObject object)) {
      return node;
    }
    String ref = object.getValue("$ref") instanceof String text ? text : null;
    if (ref != null) {
      JsonObject here = CONTRACT;
      for (String part : ref.substring(2).split("/")) {
        here = here.getJsonObject(part);
      }
      return whole(here);
    }
    JsonObject out = new JsonObject();
    object.forEach(
        each -> {
          if (!each.getKey().equals("examples")) {
            out.put(each.getKey(), whole(each.getValue()));
          }
        });
    return out;
  }
}
