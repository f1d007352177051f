package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.http.JsonBody;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.Precondition;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.TenantContext;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of an operation: who asks what. */
final class Call {
  static final int LIMIT_DEFAULT = 100;
  static final int LIMIT_MAX = 500;
  private static final int IDEMPOTENCY_KEY_CHARS_MAX = 255;

  static final String IF_MATCH = "If-Match";

  /** The part of a path that names a person. */
  static final String PERSON = "openid";

  private static final String REPLAYED = "idempotency-replayed";

  private final RoutingContext http;
  private final TenantContext context;
  private final JsonObject notes = new JsonObject();
  private @Nullable JsonObject body;

  Call(RoutingContext http, TenantContext context) {
    this.http = http;
    this.context = context;
  }

  String requestId() {
    return context.requestId();
  }

  Caller caller() {
    return context.caller();
  }

  /** A part of the path. */
  String path(String name) {
    String value = http.pathParam(name);
    return value == null ? "" : value;
  }

  /** The tenant of the path. */
  String tenant() {
    return path("tenant");
  }

  String route() {
    return http.request().method() + " " + http.normalizedPath();
  }

  @Nullable String query(String name) {
    return http.request().getParam(name);
  }

  @Nullable String header(String name) {
    return http.request().getHeader(name);
  }

  /** {@code limit} of the query, 1 to 500, default 100. */
  int limit() {
    String text = query("limit");
    if (text == null) {
      return LIMIT_DEFAULT;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= LIMIT_MAX) {
        return limit;
      }
    } catch (NumberFormatException notANumber) {
      // Told below, like a number out of range.
    }
    throw invalid("limit", "must be a whole number from 1 to " + LIMIT_MAX);
  }

  /** The body, which must be there; the same object each time. */
  JsonObject body() {
    if (body == null) {
      body = JsonBody.read(http.body().buffer());
    }
    return body;
  }

  /** What {@code If-Match} asks for; nothing when there is none. */
  Precondition precondition() {
    String tags = header(IF_MATCH);
    if (tags == null) {
      return Precondition.NONE;
    }
    return shown -> {
      if (!Tags.take(tags, Tags.of(shown.toBuffer()), false)) {
        throw Problem.PRECONDITION_FAILED.because("It is not what If-Match names (any more)");
      }
    };
  }

  /** The body's bytes as they came; empty when there is none. */
  byte[] bodyBytes() {
    return http.body().buffer() == null ? new byte[0] : http.body().buffer().getBytes();
  }

  /** {@code Idempotency-Key}, 1 to 255 visible characters; null when there is none. */
  @Nullable String idempotencyKey() {
    String key = header("Idempotency-Key");
    if (key == null) {
      return null;
    }
    boolean good = !key.isEmpty() && key.length() <= IDEMPOTENCY_KEY_CHARS_MAX;
    for (int i = 0; good && i < key.length(); i++) {
      good = key.charAt(i) > ' ' && key.charAt(i) < 0x7f;
    }
    if (!good) {
      throw invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    }
    return key;
  }

  /** The names in the path, as the audit log shows them: of a person only a digest. */
  JsonObject target() {
    JsonObject target = new JsonObject();
    http.pathParams()
        .forEach(
            (name, value) ->
                target.put(name, name.equals(PERSON) ? personDigest(tenant(), value) : value));
    return target;
  }

  /** What stands for a person where it must not be seen who that is. */
  static String personDigest(String tenant, String openid) {
    return "sha256:" + Idempotency.sha256(tenant + "/" + openid);
  }

  /** Where the call came from, without the port. */
  String address() {
    SocketAddress remote = http.request().remoteAddress();
    return remote == null || remote.hostAddress() == null ? "" : remote.hostAddress();
  }

  /** Adds what else the audit log should say: no secret, no openid. */
  void note(String name, Object value) {
    notes.put(name, value);
  }

  /** What was noted. */
  JsonObject notes() {
    return http.response().headers().contains(REPLAYED) ? notes.put("replayed", true) : notes;
  }

  /** Puts a header on the answer. */
  void answerHeader(String name, String value) {
    http.response().putHeader(name, value);
  }

  static ProblemException invalid(String field, String message) {
    return new ProblemException(
        Problem.VALIDATION, "One field is not valid", List.of(new FieldError(field, message)));
  }
}
