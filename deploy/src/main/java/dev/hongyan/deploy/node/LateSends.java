package dev.hongyan.deploy.node;

import dev.hongyan.gateway.reply.LateAnswers;
import dev.hongyan.router.send.SendKind;
import dev.hongyan.router.send.Sends;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Late answers as sends: they go through the tenant's log, on the loop of whoever was given first.
 */
final class LateSends implements LateAnswers {
  private static final String TO = "touser";

  private volatile @Nullable Way way;

  private record Way(Context loop, Function<Sends.Order, Future<Sends.Taken>> append) {}

  /** Uses this loop's; the first one stays. */
  void by(Context loop, Function<Sends.Order, Future<Sends.Taken>> append) {
    if (way == null) {
      way = new Way(loop, append);
    }
  }

  @Override
  public Future<Boolean> send(
      String tenant, String account, String openid, JsonObject message, String dedupeKey) {
    Way by = way;
    if (by == null) {
      return Future.succeededFuture(false);
    }
    JsonObject payload = message.copy();
    payload.remove(TO);
    Promise<Boolean> promise = Promise.promise();
    by.loop.runOnContext(
        v ->
            by.append
                .apply(
                    new Sends.Order(
                        tenant, account, SendKind.CUSTOM, openid, payload, 0, 0, dedupeKey, null))
                .map(taken -> true)
                .onComplete(promise));
    return promise.future();
  }
}
