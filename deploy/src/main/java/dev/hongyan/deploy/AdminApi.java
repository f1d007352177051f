package dev.hongyan.deploy;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The admin API of a running node; shared by all commands that ask it. */
final class AdminApi {
  private static final String KEY_VARIABLE = "HONGYAN_KEY";
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  @Option(
      names = "--url",
      defaultValue = "http://localhost:8080",
      description = "Where the node is; ${DEFAULT-VALUE} by default.")
  private String url;

  @Option(
      names = "--key",
      description =
          "API key or operator key. Others see it in the list of processes, so better in "
              + KEY_VARIABLE
              + ".")
  private @Nullable String key;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  AdminApi() {}

  /** The API says no, or does not answer; the message is one line for a person. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * One call.
   *
   * @param path behind {@code /api/v1}
   */
  JsonObject call(String method, String path, @Nullable JsonObject body)
      throws Refused, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target(path))
            .timeout(ANSWER_WITHIN)
            .header("Authorization", "Bearer " + key());
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", "application/json")
          .method(method, HttpRequest.BodyPublishers.ofString(body.encode()));
    }
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_WITHIN)
            .build();
    HttpResponse<String> answer;
    try {
      answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      String why = e.getMessage();
      throw new Refused("cannot reach " + url + ": " + (why == null ? "no connection" : why));
    }
    if (answer.statusCode() / 100 != 2) {
      throw new Refused(problem(answer));
    }
    try {
      return new JsonObject(answer.body());
    } catch (DecodeException e) {
      throw new Refused(url + " does not answer like Hongyan");
    }
  }

  private URI target(String path) {
    String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    try {
      URI target = URI.create(base + "/api/v1" + path);
      if (target.getHost() != null
          && ("http".equals(target.getScheme()) || "https".equals(target.getScheme()))) {
        return target;
      }
    } catch (IllegalArgumentException e) {
      // Told below, like an address of another kind.
    }
    throw new ParameterException(
        spec.commandLine(), "--url is an address like http://localhost:8080");
  }

  private String key() {
    String given = key == null || key.isEmpty() ? System.getenv(KEY_VARIABLE) : key;
    if (given == null || given.isEmpty() || given.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new ParameterException(
          spec.commandLine(), "a key is needed: " + KEY_VARIABLE + " or --key");
    }
    return given;
  }

  /** What a problem document says, field by field. */
  private static String problem(HttpResponse<String> answer) {
    try {
      JsonObject problem = new JsonObject(answer.body());
      StringBuilder text =
          new StringBuilder(problem.getString("detail", problem.getString("title", "refused")));
      if (problem.containsKey("errors")) {
        for (Object each : problem.getJsonArray("errors")) {
          JsonObject error = (JsonObject) each;
          text.append("; ")
              .append(error.getString("field"))
              .append(' ')
              .append(error.getString("message"));
        }
      }
      return text + " (" + answer.statusCode() + " " + problem.getString("code", "") + ")";
    } catch (DecodeException | ClassCastException e) {
      return "the answer was " + answer.statusCode();
    }
  }

  /** A part of a path. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** {@code &name=value}, or nothing. */
  static String query(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + encoded(value);
  }
}
