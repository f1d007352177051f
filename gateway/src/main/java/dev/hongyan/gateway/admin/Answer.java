package dev.hongyan.gateway.admin;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
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

  /**
   * A piece of a list that is in memory as a whole.
   *
   * @param place what the list is in the order of, upwards, and what a page begins behind
   */
  static <T> Answer page(
      Call call, List<T> all, Function<T, String> place, Function<T, JsonObject> shown) {
    String after = call.query("after");
    int limit = call.limit();
    List<T> rest =
        all.stream()
            .filter(each -> after == null || place.apply(each).compareTo(after) > 0)
            .sorted(Comparator.comparing(place))
            .limit(limit + 1L)
            .toList();
    boolean more = rest.size() > limit;
    List<T> these = more ? rest.subList(0, limit) : rest;
    return list(
        these.stream().map(shown).toList(), more ? place.apply(these.get(limit - 1)) : null);
  }
}
