package dev.hongyan.gateway.reply;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.wechat.reply.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replies as tenants write them: {@code {"type":"text","content":"…"}}. Fields of the other types:
 * {@code image}, {@code voice}: {@code mediaId}; {@code video}: {@code mediaId}, {@code title}?,
 * {@code description}?, {@code thumbMediaId}? (for a late answer); {@code music}: {@code
 * thumbMediaId}, {@code title}?, {@code description}?, {@code musicUrl}?, {@code hqMusicUrl}?;
 * {@code news}: {@code articles}, each {@code title}, {@code description}?, {@code picUrl}?, {@code
 * url}; {@code transfer_customer_service}: {@code account}?. Fields that are not known are left
 * out.
 */
final class ReplyJson {
  /** WeChat's limit for a text (passive user reply messages). */
  static final int CONTENT_BYTES_MAX = 2048;

  /** Ours for a title, a description or an address. */
  static final int FIELD_BYTES_MAX = 2048;

  private static final int ID_BYTES_MAX = 256;
  private static final ObjectMapper JSON = new ObjectMapper();

  private ReplyJson() {}

  /**
   * The reply that this describes.
   *
   * @throws dev.hongyan.observability.problem.ProblemException with {@link Problem#BAD_REQUEST} and
   *     what is wrong with it
   */
  static Reply read(@Nullable JsonNode message) {
    if (message == null || !message.isObject()) {
      throw wrong("message is an object with a type");
    }
    JsonNode type = message.path("type");
    return switch (type.asText("")) {
      case "text" -> new Reply.Text(required(message, "content", CONTENT_BYTES_MAX));
      case "image" -> new Reply.Image(required(message, "mediaId", ID_BYTES_MAX));
      case "voice" -> new Reply.Voice(required(message, "mediaId", ID_BYTES_MAX));
      case "video" -> video(message);
      case "music" ->
          new Reply.Music(
              optional(message, "title"),
              optional(message, "description"),
              optional(message, "musicUrl"),
              optional(message, "hqMusicUrl"),
              required(message, "thumbMediaId", ID_BYTES_MAX));
      case "news" -> news(message.path("articles"));
      case "transfer_customer_service" ->
          new Reply.TransferCustomerService(optional(message, "account"));
      default ->
          throw wrong(
              "type is text, image, voice, video, music, news or transfer_customer_service");
    };
  }

  /** Reads what {@link #write} wrote. */
  static JsonNode parse(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw Problem.INTERNAL.because("a stored answer cannot be read");
    }
  }

  static byte[] write(JsonNode message) {
    try {
      return JSON.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree that was read can be written
    }
  }

  /** The {@code reply} of a destination's answer; null when there is none, or no JSON at all. */
  static @Nullable JsonNode ofDestination(byte[] body) {
    if (body.length < 2) {
      return null;
    }
    try {
      JsonNode answer = JSON.readTree(body);
      JsonNode reply = answer == null ? null : answer.get("reply");
      return reply == null || reply.isNull() ? null : reply;
    } catch (IOException notJson) {
      return null;
    }
  }

  private static Reply video(JsonNode message) {
    String unused = optional(message, "thumbMediaId"); // must be text, too
    return new Reply.Video(
        required(message, "mediaId", ID_BYTES_MAX),
        optional(message, "title"),
        optional(message, "description"));
  }

  private static Reply news(JsonNode articles) {
    if (!articles.isArray() || articles.isEmpty() || articles.size() > Reply.News.ARTICLES_MAX) {
      throw wrong("articles is a list of 1 to " + Reply.News.ARTICLES_MAX);
    }
    List<Reply.Article> all = new ArrayList<>(articles.size());
    for (JsonNode article : articles) {
      all.add(
          new Reply.Article(
              required(article, "title", FIELD_BYTES_MAX),
              orEmpty(optional(article, "description")),
              orEmpty(optional(article, "picUrl")),
              required(article, "url", FIELD_BYTES_MAX)));
    }
    return new Reply.News(all);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static String required(JsonNode in, String field, int bytesMax) {
    String text = text(in, field, bytesMax);
    if (text == null || text.isEmpty()) {
      throw wrong(field + " is required");
    }
    return text;
  }

  private static @Nullable String optional(JsonNode in, String field) {
    return text(in, field, FIELD_BYTES_MAX);
  }

  private static @Nullable String text(JsonNode in, String field, int bytesMax) {
    JsonNode value = in.get(field);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw wrong(field + " is a string");
    }
    String text = value.textValue();
    if (text.length() > bytesMax || text.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
      throw wrong(field + " has at most " + bytesMax + " bytes");
    }
    return text;
  }

  private static RuntimeException wrong(String what) {
    return Problem.BAD_REQUEST.because(what);
  }
}
