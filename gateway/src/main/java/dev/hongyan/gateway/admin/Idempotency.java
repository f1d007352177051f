package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/**
 * Answers a repeated POST as the first one was answered, for 24 hours. What was answered may hold a
 * new key, so it is sealed in the store. A failure is not remembered: the caller may try again.
 */
final class Idempotency {
  private static final int REMEMBERED_SECONDS = 86_400;

  /** When a node dies between doing and remembering, the key is free again after this. */
  private static final int UNDER_WAY_SECONDS = 60;

  private static final String UNDER_WAY = "-";

  private final RedisLink store;
  private final Sealer sealer;

  Idempotency(RedisLink store, Sealer sealer) {
    this.store = store;
    this.sealer = sealer;
  }

  /** Runs {@code operation} unless this call was answered before. */
  Future<Answer> once(Call call, Supplier<Future<Answer>> operation) {
    String given = call.idempotencyKey();
    if (given == null) {
      return operation.get();
    }
    String name = sha256(call.caller().name() + '\n' + call.route() + '\n' + given);
    String key =
        call.tenant().isEmpty() ? Keys.ANSWERS + name : Keys.of(call.tenant()).answer(name);
    String request = sha256(new String(call.bodyBytes(), StandardCharsets.ISO_8859_1));
    return store
        .send(
            Request.cmd(Command.SET)
                .arg(key)
                .arg(request + UNDER_WAY)
                .arg("NX")
                .arg("EX")
                .arg(UNDER_WAY_SECONDS))
        .compose(
            set ->
                set == null
                    ? replay(call, key, name, request)
                    : first(key, name, request, operation));
  }

  private Future<Answer> first(
      String key, String name, String request, Supplier<Future<Answer>> operation) {
    return Future.succeededFuture()
        .compose(ready -> operation.get())
        .onFailure(
            failure -> {
              var unused = store.send(Request.cmd(Command.DEL).arg(key));
            })
        .compose(
            answer -> {
              String whole =
                  new JsonObject()
                      .put("status", answer.status())
                      .put("body", answer.body().toString())
                      .encode();
              return store
                  .send(
                      Request.cmd(Command.SET)
                          .arg(key)
                          .arg(request + sealer.seal(SealContext.answer(name), whole))
                          .arg("EX")
                          .arg(REMEMBERED_SECONDS))
                  .map(answer)
                  // It is done: that it could not be remembered must not look like a failure.
                  .otherwise(answer);
            });
  }

  private Future<Answer> replay(Call call, String key, String name, String request) {
    return store
        .send(Request.cmd(Command.GET).arg(key))
        .map(
            found -> {
              String text = found == null ? request + UNDER_WAY : found.toString();
              if (!text.startsWith(request)) {
                throw Problem.CONFLICT.because("This Idempotency-Key was used for another request");
              }
              String sealed = text.substring(request.length());
              if (sealed.equals(UNDER_WAY)) {
                call.answerHeader("retry-after", "1");
                throw Problem.CONFLICT.because(
                    "The first request with this Idempotency-Key is still under way");
              }
              JsonObject whole =
                  new JsonObject(sealer.open(SealContext.answer(name), sealed).reveal());
              call.answerHeader("idempotency-replayed", "true");
              return new Answer(whole.getInteger("status"), Buffer.buffer(whole.getString("body")));
            });
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
