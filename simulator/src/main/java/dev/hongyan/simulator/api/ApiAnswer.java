package dev.hongyan.simulator.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * An answer, with what happens after it.
 *
 * @param errcode 0 for success
 * @param fileName for a download; null for all else
 * @param afterwards runs when the answer was written, or lost
 */
record ApiAnswer(
    int status,
    int errcode,
    String contentType,
    Buffer body,
    @Nullable String fileName,
    Runnable afterwards) {
  /** Not a charset parameter: WeChat really writes it like that. */
  static final String JSON = "application/json; encoding=utf-8";

  private static final Runnable NOTHING = () -> {};

  static ApiAnswer json(JsonObject body) {
    return new ApiAnswer(200, 0, JSON, body.toBuffer(), null, NOTHING);
  }

  static ApiAnswer ok() {
    return json(new JsonObject().put("errcode", 0).put("errmsg", "ok"));
  }

  /** An error as WeChat says it: status 200, a number, words and the call's id. */
  static ApiAnswer error(int errcode, String words, String rid) {
    JsonObject body =
        new JsonObject().put("errcode", errcode).put("errmsg", words + " rid: " + rid);
    return new ApiAnswer(200, errcode, JSON, body.toBuffer(), null, NOTHING);
  }

  static ApiAnswer page(int status, String title) {
    String html =
        "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n</body>\r\n</html>\r\n"
            .formatted(title, title);
    return new ApiAnswer(status, 0, "text/html", Buffer.buffer(html), null, NOTHING);
  }

  static ApiAnswer file(String contentType, String fileName, Buffer data) {
    return new ApiAnswer(200, 0, contentType, data, fileName, NOTHING);
  }

  ApiAnswer then(Runnable task) {
    return new ApiAnswer(status, errcode, contentType, body, fileName, task);
  }

  ApiAnswer withContentType(String type) {
    return new ApiAnswer(status, errcode, type, body, fileName, afterwards);
  }
}
