package dev.hongyan.gateway.proxy;

import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.token.fetch.Host;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A WeChat on a real socket that hands out tokens, accepts only the last one of each appid, and
 * answers a few calls. What it is asked is recorded; the next answers of a path can be scripted.
 */
final class FakeWeChatApi implements AutoCloseable {
  static final String SECRET = "canary-of-an-appsecret";

  /** A token of one user, which is good for {@code /sns/userinfo}. */
  static final String USER_TOKEN = "token-of-ada";

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Map<String, Queue<Consumer<HttpServerRequest>>> scripts = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> generations = new ConcurrentHashMap<>();
  private final Map<String, Buffer> media = new ConcurrentHashMap<>();

  /** What came in. */
  record Asked(String method, String uri, Map<String, String> headers, Buffer body) {
    String path() {
      return uri.contains("?") ? uri.substring(0, uri.indexOf('?')) : uri;
    }
  }

  FakeWeChatApi() {
    server = vertx.createHttpServer().requestHandler(this::handle);
    var unused = RedisFixture.await(server.listen(0, "127.0.0.1"));
  }

  Host host() {
    return new Host("127.0.0.1", server.actualPort(), false);
  }

  List<Asked> asked(String path) {
    return asked.stream().filter(a -> a.path().equals(path)).toList();
  }

  List<Asked> asked() {
    return List.copyOf(asked);
  }

  /** How often a token was handed out. */
  int handedOut() {
    return asked("/cgi-bin/stable_token").size();
  }

  String token(String appId) {
    return "realtoken_" + appId + "_" + generation(appId).get();
  }

  /** Another token is good from now on, as if somebody else had asked for one. */
  void voidToken(String appId) {
    int unused = generation(appId).incrementAndGet();
  }

  void next(String path, Consumer<HttpServerRequest> answer) {
    scripts.computeIfAbsent(path, p -> new ConcurrentLinkedQueue<>()).add(answer);
  }

  void nextJson(String path, String json) {
    next(path, r -> end(r.response(), json));
  }

  /** What is left of the script of a path is not needed. */
  void clear(String path) {
    Queue<Consumer<HttpServerRequest>> unused = scripts.remove(path);
  }

  void nextJson(int times, String path, String json) {
    for (int i = 0; i < times; i++) {
      nextJson(path, json);
    }
  }

  private AtomicInteger generation(String appId) {
    return generations.computeIfAbsent(appId, a -> new AtomicInteger(1));
  }

  private void handle(HttpServerRequest request) {
    var unused =
        request
            .body()
            .onSuccess(
                body -> {
                  Map<String, String> headers = new ConcurrentHashMap<>();
                  request.headers().forEach((k, v) -> headers.put(k.toLowerCase(), v));
                  asked.add(new Asked(request.method().name(), request.uri(), headers, body));
                  Queue<Consumer<HttpServerRequest>> script = scripts.get(request.path());
                  Consumer<HttpServerRequest> scripted = script == null ? null : script.poll();
                  if (scripted != null) {
                    scripted.accept(request);
                  } else {
                    answer(request, body);
                  }
                });
  }

  private void answer(HttpServerRequest request, Buffer body) {
    HttpServerResponse response = request.response();
    String path = request.path();
    if (path.equals("/cgi-bin/stable_token")) {
      JsonObject json = new JsonObject(body);
      if (json.getBoolean("force_refresh", false)) {
        voidToken(json.getString("appid"));
      }
      end(
          response,
          SECRET.equals(json.getString("secret"))
              ? new JsonObject()
                  .put("access_token", token(json.getString("appid")))
                  .put("expires_in", 7200)
                  .encode()
              : "{\"errcode\":40125,\"errmsg\":\"invalid appsecret\"}");
      return;
    }
    if (path.equals("/sns/jscode2session")) {
      boolean good = SECRET.equals(request.getParam("secret"));
      end(response, good ? "{\"openid\":\"o1\",\"session_key\":\"k\"}" : "{\"errcode\":40125}");
      return;
    }
    if (path.startsWith("/sns/")) {
      end(response, ofUser(request, path));
      return;
    }
    String given = String.valueOf(request.getParam("access_token"));
    String appId = given.replaceAll("realtoken_(.*)_[0-9]+", "$1");
    if (!given.equals(token(appId))) {
      end(response, "{\"errcode\":40001,\"errmsg\":\"invalid credential, rid: 1\"}");
      return;
    }
    switch (path) {
      case "/cgi-bin/ticket/getticket" ->
          end(
              response,
              "{\"errcode\":0,\"errmsg\":\"ok\",\"ticket\":\"ticket-"
                  + request.getParam("type")
                  + "\",\"expires_in\":7200}");
      case "/cgi-bin/user/info" ->
          end(
              response,
              new JsonObject()
                  .put("subscribe", 1)
                  .put("openid", request.getParam("openid"))
                  .put("language", "zh_CN")
                  .encode());
      case "/cgi-bin/message/template/send" ->
          end(response, "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":200228332}");
      case "/cgi-bin/media/upload" -> {
        media.put("m1", body);
        end(response, "{\"type\":\"image\",\"media_id\":\"m1\",\"created_at\":1}");
      }
      case "/cgi-bin/media/get" -> {
        var unused =
            response
                .putHeader("content-type", "image/jpeg")
                .putHeader("content-disposition", "attachment; filename=\"m1.jpg\"")
                .end(picture(300_000));
      }
      default -> end(response, "{\"errcode\":0,\"errmsg\":\"ok\"}");
    }
  }

  /** Of web pages that users log in to: one user with one code and one token. */
  private static String ofUser(HttpServerRequest request, String path) {
    boolean known = USER_TOKEN.equals(request.getParam("access_token"));
    String tokens =
        new JsonObject()
            .put("access_token", USER_TOKEN)
            .put("expires_in", 7200)
            .put("refresh_token", "refresh-of-ada")
            .put("openid", "o-ada")
            .put("scope", "snsapi_userinfo")
            .encode();
    return switch (path) {
      case "/sns/oauth2/access_token" ->
          SECRET.equals(request.getParam("secret")) && "code-1".equals(request.getParam("code"))
              ? tokens
              : "{\"errcode\":40029,\"errmsg\":\"invalid code\"}";
      case "/sns/oauth2/refresh_token" ->
          "refresh-of-ada".equals(request.getParam("refresh_token"))
              ? tokens
              : "{\"errcode\":40030,\"errmsg\":\"invalid refresh_token\"}";
      case "/sns/userinfo" ->
          known
              ? "{\"openid\":\"o-ada\",\"nickname\":\"阿达\",\"sex\":0,\"privilege\":[]}"
              : "{\"errcode\":40001,\"errmsg\":\"invalid credential\"}";
      default ->
          known
              ? "{\"errcode\":0,\"errmsg\":\"ok\"}"
              : "{\"errcode\":40001,\"errmsg\":\"invalid credential\"}";
    };
  }

  /** Bytes that are no text. */
  static Buffer picture(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return Buffer.buffer(bytes);
  }

  static void end(HttpServerResponse response, String json) {
    var unused =
        response
            .putHeader("content-type", "text/plain")
            .end(Buffer.buffer(json.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    var unused = RedisFixture.await(vertx.close());
  }
}
