package dev.hongyan.simulator.api;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A call as it arrived.
 *
 * @param query decoded parameters
 * @param body empty for GET and for uploads
 * @param file what was uploaded; null if nothing was
 * @param ip where it came from
 */
record ApiRequest(
    String method,
    String path,
    MultiMap query,
    Buffer body,
    @Nullable UploadedFile file,
    String ip) {

  /** The part {@code media} of a multipart body. */
  record UploadedFile(String fileName, String contentType, Buffer data) {}

  /** A parameter; empty if it is not there. */
  String parameter(String name) {
    String value = query.get(name);
    return value == null ? "" : value;
  }

  /** The body as an object; null if it is none. */
  @Nullable JsonObject json() {
    try {
      return new JsonObject(body);
    } catch (DecodeException | ClassCastException e) {
      return null;
    }
  }

  /** A text member; empty if it is absent or something else. */
  static String text(JsonObject from, String name) {
    return from.getValue(name) instanceof String text ? text : "";
  }

  @Override
  public String toString() {
    return "ApiRequest[" + method + ' ' + path + ']';
  }
}
