package dev.hongyan.simulator.push;

import java.math.BigDecimal;

/**
 * Drafts of what users send, with the fields of WeChat's "receiving standard messages" pages. Media
 * ids and links are made up and lead nowhere.
 */
public final class Messages {
  private static final String MEDIA = "jsapi_MEDIA_z3Q7wqYcU9bKpXhVnTtRrFfLl0eGgDdSsAaOo";
  private static final String PICTURE = "http://mmbiz.qpic.cn/mmbiz_jpg/sZ2QxYbW6nPq8tLr4vKc/0?n=";

  private Messages() {}

  /** Text, exactly as given. */
  public static Draft text(String content) {
    return Draft.message("text", PushFields.none().text("Content", content));
  }

  /** Text that ends with the push's number, after a blank and {@code #}. */
  public static Draft numberedText(String content) {
    return Draft.message("text", PushFields.none().numbered("Content", content + " #"));
  }

  /** A picture. */
  public static Draft image() {
    return Draft.message(
        "image", PushFields.none().numbered("PicUrl", PICTURE).numbered("MediaId", MEDIA));
  }

  /** Speech with its recognised text. */
  public static Draft voice(String recognition) {
    return Draft.message(
        "voice",
        PushFields.none()
            .numbered("MediaId", MEDIA)
            .text("Format", "amr")
            .text("Recognition", recognition));
  }

  /** A video. */
  public static Draft video() {
    return moving("video");
  }

  /** A short video. */
  public static Draft shortVideo() {
    return moving("shortvideo");
  }

  private static Draft moving(String type) {
    return Draft.message(
        type, PushFields.none().numbered("MediaId", MEDIA).numbered("ThumbMediaId", MEDIA + "t"));
  }

  /** A place. */
  public static Draft location(BigDecimal latitude, BigDecimal longitude, String label) {
    return Draft.message(
        "location",
        PushFields.none()
            .decimal("Location_X", latitude)
            .decimal("Location_Y", longitude)
            .number("Scale", 15)
            .text("Label", label));
  }

  /** A link. */
  public static Draft link(String title, String description, String url) {
    return Draft.message(
        "link",
        PushFields.none().text("Title", title).text("Description", description).text("Url", url));
  }

  /** A mini program card; mini programs only. */
  public static Draft miniProgramPage(String title, String appId, String pagePath) {
    return Draft.message(
        "miniprogrampage",
        PushFields.none()
            .text("Title", title)
            .text("AppId", appId)
            .text("PagePath", pagePath)
            .numbered("ThumbUrl", PICTURE)
            .numbered("ThumbMediaId", MEDIA));
  }
}
