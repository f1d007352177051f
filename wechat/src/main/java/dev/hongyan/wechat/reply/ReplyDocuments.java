package dev.hongyan.wechat.reply;

import dev.hongyan.wechat.document.JsonObject;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import dev.hongyan.wechat.reply.Reply.Article;
import dev.hongyan.wechat.xml.XmlWriter;
import org.jspecify.annotations.Nullable;

/** Writes the inner document of a reply. */
final class ReplyDocuments {
  private ReplyDocuments() {}

  static byte[] write(Reply reply, ReplyContext to, long nowSeconds) {
    if (reply instanceof Reply.Raw raw) {
      return raw.utf8();
    }
    return to.format() == BodyFormat.JSON
        ? json(reply, to, nowSeconds)
        : xml(reply, to, nowSeconds);
  }

  private static byte[] xml(Reply reply, ReplyContext to, long nowSeconds) {
    XmlWriter out =
        new XmlWriter()
            .text("ToUserName", to.fromUserName())
            .text("FromUserName", to.toUserName())
            .number("CreateTime", nowSeconds);
    if (reply instanceof Reply.Text text) {
      out.text("MsgType", "text").text("Content", text.content());
    } else if (reply instanceof Reply.Image image) {
      media(out, "image", "Image", image.mediaId());
    } else if (reply instanceof Reply.Voice voice) {
      media(out, "voice", "Voice", voice.mediaId());
    } else if (reply instanceof Reply.Video video) {
      out.text("MsgType", "video").open("Video").text("MediaId", video.mediaId());
      optional(out, "Title", video.title());
      optional(out, "Description", video.description());
      out.close("Video");
    } else if (reply instanceof Reply.Music music) {
      music(out, music);
    } else if (reply instanceof Reply.News news) {
      news(out, news);
    } else if (reply instanceof Reply.TransferCustomerService transfer) {
      out.text("MsgType", "transfer_customer_service");
      if (transfer.account() != null) {
        out.open("TransInfo").text("KfAccount", transfer.account()).close("TransInfo");
      }
    }
    return out.toBytes();
  }

  private static void media(XmlWriter out, String type, String element, String mediaId) {
    out.text("MsgType", type).open(element).text("MediaId", mediaId).close(element);
  }

  private static void music(XmlWriter out, Reply.Music music) {
    out.text("MsgType", "music").open("Music");
    optional(out, "Title", music.title());
    optional(out, "Description", music.description());
    optional(out, "MusicUrl", music.musicUrl());
    optional(out, "HQMusicUrl", music.hqMusicUrl());
    out.text("ThumbMediaId", music.thumbMediaId()).close("Music");
  }

  private static void news(XmlWriter out, Reply.News news) {
    out.text("MsgType", "news").number("ArticleCount", news.articles().size()).open("Articles");
    for (Article article : news.articles()) {
      out.open("item")
          .text("Title", article.title())
          .text("Description", article.description())
          .text("PicUrl", article.picUrl())
          .text("Url", article.url())
          .close("item");
    }
    out.close("Articles");
  }

  private static void optional(XmlWriter out, String name, @Nullable String value) {
    if (value != null) {
      out.text(name, value);
    }
  }

  /** Mini programs with JSON pushes take one kind of reply. */
  private static byte[] json(Reply reply, ReplyContext to, long nowSeconds) {
    if (!(reply instanceof Reply.TransferCustomerService transfer)) {
      throw new IllegalArgumentException(
          "a JSON push can be answered with transfer_customer_service or a raw document only");
    }
    JsonObject out =
        new JsonObject()
            .text("ToUserName", to.fromUserName())
            .text("FromUserName", to.toUserName())
            .number("CreateTime", nowSeconds)
            .text("MsgType", "transfer_customer_service");
    if (transfer.account() != null) {
      out.json("TransInfo", new JsonObject().text("KfAccount", transfer.account()).toBytes());
    }
    return out.toBytes();
  }
}
