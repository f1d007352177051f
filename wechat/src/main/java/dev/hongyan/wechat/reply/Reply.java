package dev.hongyan.wechat.reply;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A passive reply: what the user sees in answer to a push (developers.weixin.qq.com, passive user
 * reply messages). Mini programs know {@link TransferCustomerService} only; anything else goes to
 * their users through the customer-service API.
 */
public sealed interface Reply {

  /**
   * Text; line breaks are shown.
   *
   * @param content at most 2048 bytes of UTF-8 by WeChat's limit
   */
  record Text(String content) implements Reply {}

  /**
   * An image.
   *
   * @param mediaId of an uploaded image
   */
  record Image(String mediaId) implements Reply {}

  /**
   * A voice message.
   *
   * @param mediaId of an uploaded voice file
   */
  record Voice(String mediaId) implements Reply {}

  /**
   * A video.
   *
   * @param mediaId of an uploaded video
   * @param title left out if null
   * @param description left out if null
   */
  record Video(String mediaId, @Nullable String title, @Nullable String description)
      implements Reply {}

  /**
   * A piece of music.
   *
   * @param title left out if null
   * @param description left out if null
   * @param musicUrl left out if null
   * @param hqMusicUrl preferred on a fast network; left out if null
   * @param thumbMediaId of an uploaded image
   */
  record Music(
      @Nullable String title,
      @Nullable String description,
      @Nullable String musicUrl,
      @Nullable String hqMusicUrl,
      String thumbMediaId)
      implements Reply {}

  /**
   * Articles.
   *
   * @param articles 1 to 8; WeChat shows only one in answer to a user's message
   */
  record News(List<Article> articles) implements Reply {
    /** Most articles in one reply. */
    public static final int ARTICLES_MAX = 8;

    /** Checks the number of articles. */
    public News {
      articles = List.copyOf(articles);
      if (articles.isEmpty() || articles.size() > ARTICLES_MAX) {
        throw new IllegalArgumentException("a news reply has 1 to 8 articles");
      }
    }
  }

  /**
   * One article of {@link News}.
   *
   * @param title shown in bold
   * @param description shown below
   * @param picUrl address of the picture
   * @param url where a tap leads
   */
  record Article(String title, String description, String picUrl, String url) {}

  /**
   * Hands the user to human customer service.
   *
   * @param account the agent's account; null lets WeChat choose
   */
  record TransferCustomerService(@Nullable String account) implements Reply {}

  /**
   * A whole document of the caller's own making, in the format of the push (a WeCom card, a bot's
   * stream, the answer of a payment event).
   *
   * @param utf8 the document
   */
  @SuppressWarnings("ArrayRecordComponent") // Goes into the cipher or out as it is.
  record Raw(byte[] utf8) implements Reply {}
}
