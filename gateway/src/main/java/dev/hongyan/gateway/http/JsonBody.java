package dev.hongyan.gateway.http;

import dev.hongyan.observability.problem.Problem;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the body of a request as one JSON object. */
public final class JsonBody {
  /** Largest body of a request to the admin API. */
  public static final int BYTES_MAX = 1 << 20;

  private JsonBody() {}

  /**
   * Checks what the caller says the body is: {@code application/json} or {@code
   * application/<something>+json}. Throws UNSUPPORTED_MEDIA_TYPE.
   */
  public static void requireJson(HttpServerRequest request) {
    String type = request.getHeader("content-type");
    if (type != null) {
      int end = type.indexOf(';');
      String media = (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
      if (media.equals("application/json")
          || (media.startsWith("application/") && media.endsWith("+json"))) {
        return;
      }
    }
    throw Problem.UNSUPPORTED_MEDIA_TYPE.because("The body must be application/json");
  }

  /** The object; throws BAD_REQUEST when it is none. The parser's words are not passed on. */
  public static JsonObject read(@Nullable Buffer body) {
    if (body == null || body.length() == 0) {
      throw Problem.BAD_REQUEST.because("A JSON object is expected as body");
    }
    try {
      return new JsonObject(body);
    } catch (DecodeException notAnObject) {
      throw Problem.BAD_REQUEST.because("The body must be one well-formed JSON object");
    }
  }
}
