package dev.hongyan.gateway.reply;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** Sends customer-service messages, for answers that no request waits for any more. */
public interface LateAnswers {
  /** For a node that cannot. */
  LateAnswers NONE = (tenant, account, openid, message, dedupeKey) -> Future.succeededFuture(false);

  /**
   * Sends a message; from any thread.
   *
   * @param message body of {@code /cgi-bin/message/custom/send}, {@code touser} included
   * @param dedupeKey a second message of the same key is not sent again; at most 64 characters
   * @return whether it is on its way
   */
  Future<Boolean> send(
      String tenant, String account, String openid, JsonObject message, String dedupeKey);
}
