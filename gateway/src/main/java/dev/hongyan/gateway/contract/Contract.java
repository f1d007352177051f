package dev.hongyan.gateway.contract;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The description of the API (OpenAPI 3.1), read once per process: the source of what operations
 * take, and of who may use them. Thread-safe.
 */
public final class Contract {
  /** The least role that may use an operation, as an extension of the operation. */
  private static final String ROLE = "x-hongyan-role";

  private static final String FILE = "/openapi.yaml";
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  private final Buffer yaml;
  private final Buffer json;
  private final JsonObject document;
  private final Map<String, Schema> schemas = new HashMap<>();
  private final Set<String> referred = new LinkedHashSet<>();
  private final Map<String, Operation> operations;

  private Contract(Buffer yaml, JsonObject document, Buffer json) {
    this.yaml = yaml;
    this.document = document;
    this.json = json;
    this.operations = operations();
    readReferred();
  }

  /** That of this program. */
  public static Contract ofProgram() {
    return OfProgram.CONTRACT;
  }

  /**
   * Reads a description.
   *
   * @throws IllegalArgumentException when it uses what is not understood here, or an operation does
   *     not say who may use it
   */
  public static Contract read(Buffer yaml) {
    JsonObject document = document(yaml);
    return new Contract(yaml, document, document.toBuffer());
  }

  /** As it was written. */
  public Buffer yaml() {
    return yaml;
  }

  /** The same as JSON. */
  public Buffer json() {
    return json;
  }

  /** All operations by name, in their order. */
  public Map<String, Operation> all() {
    return operations;
  }

  /**
   * The operation of that name, {@code GET /api/v1/tenants} and so on.
   *
   * @throws IllegalStateException when there is none
   */
  public Operation operation(String name) {
    Operation found = operations.get(name);
    if (found == null) {
      throw new IllegalStateException(name + " is served, but not in the contract");
    }
    return found;
  }

  /**
   * Checks that everything described is served, and the other way round.
   *
   * @throws IllegalStateException which names the difference
   */
  public void requireServed(Set<String> served) {
    Set<String> missing = new TreeSet<>(operations.keySet());
    missing.removeAll(served);
    Set<String> extra = new TreeSet<>(served);
    extra.removeAll(operations.keySet());
    if (!missing.isEmpty() || !extra.isEmpty()) {
      throw new IllegalStateException(
          "The contract and what is served differ; only described: "
              + missing
              + ", only served: "
              + extra);
    }
  }

  // ---- reading ----

  private Map<String, Operation> operations() {
    Map<String, Operation> all = new LinkedHashMap<>();
    for (Map.Entry<String, Object> path : document.getJsonObject("paths")) {
      JsonObject described = (JsonObject) path.getValue();
      JsonArray shared = described.getJsonArray("parameters", new JsonArray());
      for (String method : described.fieldNames()) {
        if (METHODS.contains(method)) {
          String name = method.toUpperCase(Locale.ROOT) + " " + path.getKey();
          try {
            all.put(name, operation(name, described.getJsonObject(method), shared));
          } catch (IllegalArgumentException | ClassCastException e) {
            throw new IllegalArgumentException("Of " + name + ": " + e.getMessage(), e);
          }
        }
      }
    }
    return Collections.unmodifiableMap(all);
  }

  private Operation operation(String name, JsonObject json, JsonArray shared) {
    String role = json.getString(ROLE);
    if (role == null) {
      throw new IllegalArgumentException("it needs " + ROLE);
    }
    List<Operation.Parameter> parameters = new ArrayList<>();
    for (JsonArray these : List.of(shared, json.getJsonArray("parameters", new JsonArray()))) {
      for (int i = 0; i < these.size(); i++) {
        JsonObject each = resolve(these.getJsonObject(i));
        String in = each.getString("in");
        if (!in.equals("path")) {
          parameters.add(
              new Operation.Parameter(
                  each.getString("name"),
                  in.equals("header"),
                  each.getBoolean("required", false),
                  new Schema(each.getJsonObject("schema"), this::schema)));
        }
      }
    }
    return new Operation(
        name, json.getString("operationId"), role, tagged(json), parameters, body(json));
  }

  private boolean tagged(JsonObject operation) {
    JsonObject responses = operation.getJsonObject("responses", new JsonObject());
    for (String status : responses.fieldNames()) {
      if (status.startsWith("2")
          && resolve(responses.getJsonObject(status))
              .getJsonObject("headers", new JsonObject())
              .containsKey("ETag")) {
        return true;
      }
    }
    return false;
  }

  private Operation.@Nullable Body body(JsonObject operation) {
    JsonObject described = operation.getJsonObject("requestBody");
    if (described == null) {
      return null;
    }
    JsonObject content = resolve(described).getJsonObject("content");
    Set<String> types = new LinkedHashSet<>(content.fieldNames());
    JsonObject schema = content.getJsonObject(types.iterator().next()).getJsonObject("schema");
    return new Operation.Body(types, new Schema(schema, this::schema));
  }

  private Supplier<Schema> schema(String ref) {
    var unused = referred.add(ref);
    return () -> Objects.requireNonNull(schemas.get(ref), ref);
  }

  /** Schemas refer to each other, so those that are referred to come one after the other. */
  private void readReferred() {
    while (!referred.isEmpty()) {
      String ref = referred.iterator().next();
      referred.remove(ref);
      if (!schemas.containsKey(ref)) {
        schemas.put(ref, new Schema(at(ref), this::schema));
      }
    }
  }

  private JsonObject resolve(JsonObject maybeRef) {
    String ref = maybeRef.getString("$ref");
    return ref == null ? maybeRef : at(ref);
  }

  /** What {@code #/components/schemas/Id} and the like name. */
  private JsonObject at(String ref) {
    JsonObject here = document;
    for (String part : ref.substring("#/".length()).split("/")) {
      JsonObject next = here == null ? null : here.getJsonObject(part);
      here = next;
    }
    if (here == null) {
      throw new IllegalArgumentException("there is no " + ref);
    }
    return here;
  }

  static JsonObject document(Buffer yaml) {
    Map<String, Object> read =
        new Yaml(new SafeConstructor(new LoaderOptions()))
            .load(yaml.toString(StandardCharsets.UTF_8));
    return new JsonObject(read);
  }

  /** Read when it is first asked for. */
  private static final class OfProgram {
    static final Contract CONTRACT = load();

    private static Contract load() {
      try {
        byte[] written = resource(FILE);
        if (written == null) {
          throw new IllegalStateException(FILE + " is not in the program");
        }
        Buffer yaml = Buffer.buffer(written);
        byte[] made = resource("/" + ContractJson.nameFor(written));
        if (made == null) { // compiled without the build that makes it
          return read(yaml);
        }
        Buffer json = Buffer.buffer(made);
        return new Contract(yaml, json.toJsonObject(), json);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static byte @Nullable [] resource(String name) throws IOException {
      try (InputStream in = Contract.class.getResourceAsStream(name)) {
        return in == null ? null : in.readAllBytes();
      }
    }
  }
}
