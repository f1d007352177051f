package dev.hongyan.simulator;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.wechat.push.DecodedPush;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushDecoder;
import dev.hongyan.wechat.push.PushOutcome;
import dev.hongyan.wechat.push.PushOutcome.Accepted;
import dev.hongyan.wechat.push.PushOutcome.Echo;
import dev.hongyan.wechat.push.PushOutcome.Refused;
import dev.hongyan.wechat.push.PushQuery;
import dev.hongyan.wechat.push.Stage;
import dev.hongyan.wechat.reply.Reply;
import dev.hongyan.wechat.reply.ReplyEncoder;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/** A receiver over real HTTP that judges with the protocol module, and answers as told. */
final class Receiver {
  /** What to answer a push; null for never. */
  volatile BiFunction<Integer, DecodedPush, Buffer> answer =
      (nth, push) -> Buffer.buffer("success");

  /** Told of each right URL verification. */
  volatile Runnable onEcho = () -> {};

  /** What arrived and was right, repeats included. */
  final List<DecodedPush> accepted = new CopyOnWriteArrayList<>();

  final List<Stage> refused = new CopyOnWriteArrayList<>();
  final List<String> nonces = new CopyOnWriteArrayList<>();
  volatile PushAccount settings;
  private final HttpServer server;
  private final LongSupplier nowSeconds;
  private final PushDecoder decoder = new PushDecoder();

  Receiver(Vertx vertx, LongSupplier nowSeconds) throws Exception {
    this.nowSeconds = nowSeconds;
    this.server =
        vertx
            .createHttpServer()
            .requestHandler(this::handle)
            .listen(0, "127.0.0.1")
            .await(20, TimeUnit.SECONDS);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.actualPort() + "/wx/acme/shop");
  }

  void expect(SimulatedAccount account) {
    settings = account.settings();
  }

  void close() throws Exception {
    server.close().await(20, TimeUnit.SECONDS);
  }

  private void handle(HttpServerRequest request) {
    request.body().onSuccess(body -> judge(request, body));
  }

  private void judge(HttpServerRequest request, Buffer body) {
    PushQuery query = PushQuery.parse(request.query());
    PushOutcome outcome =
        request.method().equals(HttpMethod.GET)
            ? decoder.verifyUrl(settings, query, nowSeconds.getAsLong())
            : decoder.decode(settings, query, body.getBytes(), nowSeconds.getAsLong());
    if (outcome instanceof Echo echo) {
      request.response().end(echo.body());
      onEcho.run();
    } else if (outcome instanceof Accepted right) {
      nonces.add(String.valueOf(PushQuery.parse(request.query()).nonce()));
      accepted.add(right.push());
      Buffer answered = answer.apply(accepted.size(), right.push());
      if (answered != null) {
        request.response().end(answered);
      }
    } else {
      refused.add(((Refused) outcome).stage());
      request.response().setStatusCode(403).end();
    }
  }

  /** A text reply as the protocol module writes it. */
  Buffer textReply(DecodedPush push, String content) {
    return Buffer.buffer(
        new ReplyEncoder()
            .encode(
                new Reply.Text(content),
                push.replyContext(),
                nowSeconds.getAsLong(),
                new byte[16]));
  }
}
