package dev.hongyan.gateway.contract;

import dev.hongyan.observability.problem.ProblemException.FieldError;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One operation of the contract. Immutable.
 *
 * @param name {@code GET /api/v1/tenants/{tenant}} and so on
 * @param id the {@code operationId}
 * @param role the least role that may use it, {@code operator} above all
 * @param tagged whether its good answer carries an {@code ETag}
 */
public record Operation(
    String name,
    String id,
    String role,
    boolean tagged,
    List<Parameter> parameters,
    @Nullable Body body) {

  private static final String IF_MATCH = "If-Match";

  public Operation {
    parameters = List.copyOf(parameters);
  }

  /** A parameter of the query or a header; those of the path name resources, or none. */
  record Parameter(String name, boolean header, boolean required, Schema schema) {}

  record Body(Set<String> types, Schema schema) {
    Body {
      types = Set.copyOf(types);
    }
  }

  /** Whether {@code If-Match} says which version of the resource is meant. */
  public boolean takesIfMatch() {
    return parameters.stream().anyMatch(p -> p.header() && p.name().equals(IF_MATCH));
  }

  public boolean takesBody() {
    return body != null;
  }

  /** Notes what is wrong with the parameters that a request has, and those that it lacks. */
  public void checkParameters(
      Function<String, @Nullable String> query,
      Function<String, @Nullable String> header,
      List<FieldError> errors) {
    for (Parameter each : parameters) {
      String text = (each.header() ? header : query).apply(each.name());
      if (text != null) {
        each.schema().check(each.schema().read(text), each.name(), errors);
      } else if (each.required()) {
        errors.add(new FieldError(each.name(), "is required"));
      }
    }
  }

  /** Notes what is wrong with a body. */
  public void checkBody(JsonObject given, List<FieldError> errors) {
    if (body != null) {
      body.schema().check(given, "", errors);
    }
  }
}
