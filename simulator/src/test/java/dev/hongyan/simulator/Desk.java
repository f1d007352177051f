package dev.hongyan.simulator;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.DecodedPush;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A simulator with both its sides open, one account, and a caller. */
final class Desk implements AutoCloseable {
  static final String APP_ID = "wx1111111111111111";
  static final String SECRET = "0123456789abcdef0123456789abcdef";
  static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  static final SimulatedUser USER = new SimulatedUser("oABCDEFGHIJKLMNOPQRSTUVWXYZ1");

  final Vertx vertx = Vertx.vertx();
  final Receiver receiver;
  final WeChatSimulator wechat;
  final SimulatedApi api;
  final PushLine line;
  final ApiAccount account;

  /** What arrived at the account's webhook. */
  final BlockingQueue<DecodedPush> arrived = new LinkedBlockingQueue<>();

  private final HttpClient http = HttpClient.newHttpClient();

  Desk(Product product) throws Exception {
    receiver = new Receiver(vertx, () -> Clock.system().wallMillis() / 1000);
    receiver.answer =
        (nth, push) -> {
          arrived.add(push);
          return Buffer.buffer("success");
        };
    wechat =
        new WeChatSimulator(
            vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
    SimulatedAccount settings =
        SimulatedAccount.builder(product, APP_ID, "token", receiver.url())
            .encodingAesKey(KEY)
            .secret(SECRET)
            .build();
    receiver.expect(settings);
    line = wechat.register(settings);
    api = await(wechat.serveApi(ApiOptions.local()));
    account = api.account(APP_ID);
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.await(20, TimeUnit.SECONDS);
  }

  DecodedPush nextPush() throws InterruptedException {
    DecodedPush push = arrived.poll(20, TimeUnit.SECONDS);
    if (push == null) {
      throw new AssertionError("nothing was pushed");
    }
    return push;
  }

  static JsonObject data(DecodedPush push) {
    return new JsonObject(Buffer.buffer(push.data()));
  }

  HttpResponse<byte[]> send(String method, String path, String contentType, byte[] body)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(api.url() + path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", contentType)
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> send(String method, String path, String body) throws Exception {
    return send(method, path, "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  JsonObject get(String path) throws Exception {
    return new JsonObject(Buffer.buffer(send("GET", path, "").body()));
  }

  JsonObject post(String path, String body) throws Exception {
    return new JsonObject(Buffer.buffer(send("POST", path, body).body()));
  }

  int errcode(String path) throws Exception {
    return get(path).getInteger("errcode", 0);
  }

  int errcode(String path, String body) throws Exception {
    return post(path, body).getInteger("errcode", 0);
  }

  /** Asks as the old way does. */
  JsonObject askToken() throws Exception {
    return get("/cgi-bin/token?grant_type=client_credential&appid=" + APP_ID + "&secret=" + SECRET);
  }

  JsonObject askStable(boolean force) throws Exception {
    return post(
        "/cgi-bin/stable_token",
        new JsonObject()
            .put("grant_type", "client_credential")
            .put("appid", APP_ID)
            .put("secret", SECRET)
            .put("force_refresh", force)
            .encode());
  }

  String token() throws Exception {
    return askStable(false).getString("access_token");
  }

  /** Whether a token is good for a call, or with which errcode it is not. */
  int judge(String token) throws Exception {
    return errcode("/cgi-bin/getcallbackip?access_token=" + token);
  }

  @Override
  public void close() throws Exception {
    await(wechat.close());
    await(vertx.close());
  }
}
