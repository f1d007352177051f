package dev.hongyan.simulator.api;

import dev.hongyan.simulator.api.ApiRequest.UploadedFile;
import dev.hongyan.simulator.api.Endpoint.Outcome;
import dev.hongyan.simulator.api.MediaShelf.Medium;
import dev.hongyan.simulator.api.MediaShelf.Type;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.function.Supplier;

/** Temporary media: up, and down again. */
final class MediaPaths {
  /** Where the links to videos lead. */
  static final String VIDEO = "/video/";

  private final MediaShelf shelf;
  private final Supplier<String> url;

  MediaPaths(MediaShelf shelf, Supplier<String> url) {
    this.shelf = shelf;
    this.url = url;
  }

  Outcome upload(ApiAccount account, ApiRequest request) {
    Type type = Type.of(request.parameter("type"));
    if (type == null) {
      return Outcome.error(Errcode.INVALID_MEDIA_TYPE);
    }
    UploadedFile file = request.file();
    if (file == null) {
      return Outcome.error(Errcode.MEDIA_MISSING);
    }
    if (file.data().length() > type.bytesMax) {
      return Outcome.error(Errcode.MEDIA_TOO_LARGE);
    }
    if (file.data().length() == 0) {
      return Outcome.error(Errcode.EMPTY_MEDIA);
    }
    Medium medium =
        shelf.put(
            account.appId(),
            type,
            contentType(type, file.contentType()),
            fileName(file.fileName()),
            file.data());
    return Outcome.of(
        ApiAnswer.json(
            new JsonObject()
                .put("type", type.word())
                .put(type == Type.THUMB ? "thumb_media_id" : "media_id", medium.id())
                .put("created_at", medium.createdAtMillis() / 1000)));
  }

  Outcome get(ApiAccount account, ApiRequest request) {
    String id = request.parameter("media_id");
    if (id.isEmpty()) {
      return Outcome.error(Errcode.MEDIA_ID_MISSING);
    }
    Medium medium = shelf.find(account.appId(), id);
    if (medium == null) {
      return Outcome.error(Errcode.INVALID_MEDIA_ID);
    }
    // Videos are not sent but named: a known trap for whoever expects bytes.
    return Outcome.of(
        medium.type() == Type.VIDEO
            ? ApiAnswer.json(new JsonObject().put("video_url", url.get() + VIDEO + id))
                .withContentType("text/plain")
            : file(medium));
  }

  /** The video behind a link. */
  ApiAnswer video(String path) {
    Medium medium = shelf.find(path.substring(VIDEO.length()));
    return medium == null ? ApiAnswer.page(404, "404 Not Found") : file(medium);
  }

  private static ApiAnswer file(Medium medium) {
    return ApiAnswer.file(medium.contentType(), medium.fileName(), medium.data());
  }

  private static String contentType(Type type, String given) {
    String lower = given.toLowerCase(Locale.ROOT);
    boolean telling =
        lower.length() < 100
            && (lower.startsWith("image/")
                || lower.startsWith("audio/")
                || lower.startsWith("video/"));
    return telling && printable(lower) ? lower : type.contentType;
  }

  /** A name that may stand between quotes in a header. */
  private static String fileName(String given) {
    String name = given.replace("\"", "").replace("\\", "");
    return name.isEmpty() || name.length() > 200 || !printable(name) ? "media" : name;
  }

  private static boolean printable(String text) {
    return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }
}
