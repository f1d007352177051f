package dev.hongyan.gateway.admin;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an operation answers; an empty body goes with 204. */
record Answer(int status, Buffer body) {
  private static final Buffer NOTHING = Buffer.buffer();
  static final Answer NO_CONTENT = new Answer(204, NOTHING);

  static Answer ok(JsonObject body) {
    return new Answer(200, body.toBuffer());
  }

  static Answer created(JsonObject body) {
    return new Answer(201, body.toBuffer());
  }

  static Answer accepted(JsonObject body) {
    return new Answer(202, body.toBuffer());
  }

  /** The shape of every list. */
  static Answer list(List<JsonObject> items, @Nullable String next) {
    JsonObject body = new JsonObject().put("items", new JsonArray(items));
    return ok(next == null ? body : body.put("next", next));
  }
}
