package dev.hongyan.gateway.reply;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.tenant.Account;
import dev.hongyan.wechat.reply.Reply;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Replies as customer-service messages ({@code /cgi-bin/message/custom/send}; WeChat: customer
 * service messages).
 */
final class LateMessages {
  private LateMessages() {}

  /**
   * The body of the call; null when there is no such message for this kind of account: mini
   * programs have text and images only, a transfer is nothing but a reply.
   *
   * @param message what {@code reply} was read from
   */
  static @Nullable JsonObject of(Reply reply, JsonNode message, Account.Kind kind, String openid) {
    boolean mini = kind == Account.Kind.MINI;
    if (kind != Account.Kind.MP && !mini) {
      return null;
    }
    if (reply instanceof Reply.Text text) {
      return body(openid, "text", new JsonObject().put("content", text.content()));
    } else if (reply instanceof Reply.Image image) {
      return body(openid, "image", new JsonObject().put("media_id", image.mediaId()));
    } else if (mini) {
      return null;
    } else if (reply instanceof Reply.Voice voice) {
      return body(openid, "voice", new JsonObject().put("media_id", voice.mediaId()));
    } else if (reply instanceof Reply.Video video) {
      JsonObject content = new JsonObject().put("media_id", video.mediaId());
      putIf(content, "thumb_media_id", message.path("thumbMediaId").textValue());
      putIf(content, "title", video.title());
      putIf(content, "description", video.description());
      return body(openid, "video", content);
    } else if (reply instanceof Reply.Music music) {
      JsonObject content = new JsonObject();
      putIf(content, "title", music.title());
      putIf(content, "description", music.description());
      putIf(content, "musicurl", music.musicUrl());
      putIf(content, "hqmusicurl", music.hqMusicUrl());
      return body(openid, "music", content.put("thumb_media_id", music.thumbMediaId()));
    } else if (reply instanceof Reply.News news) {
      // A customer-service message has one article, and so has what WeChat shows of a reply.
      Reply.Article first = news.articles().get(0);
      JsonObject article =
          new JsonObject()
              .put("title", first.title())
              .put("description", first.description())
              .put("url", first.url())
              .put("picurl", first.picUrl());
      return body(openid, "news", new JsonObject().put("articles", new JsonArray().add(article)));
    }
    return null;
  }

  private static JsonObject body(String openid, String type, JsonObject content) {
    return new JsonObject().put("touser", openid).put("msgtype", type).put(type, content);
  }

  private static void putIf(JsonObject into, String name, @Nullable String value) {
    if (value != null) {
      into.put(name, value);
    }
  }
}
