package dev.hongyan.gateway.reply;

import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import io.vertx.core.Future;

/** A request of WeChat that waits for its answer. For its event loop. */
public interface HeldRequest {
  /** What an answer to it is written with. */
  ReplyContext context();

  /** Answers with a reply document; fails when it cannot be written any more. */
  Future<Void> reply(byte[] body, BodyFormat format);

  /** Answers that there is nothing to show. */
  void success();

  /** Says that it was not taken, so that WeChat tries again. */
  void failed(Throwable why);

  /** Ends it without an answer. */
  void hangUp();
}
