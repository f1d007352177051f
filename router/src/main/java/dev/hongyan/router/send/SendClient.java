package dev.hongyan.router.send;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.token.Token;
import dev.hongyan.token.fetch.Exchange;
import dev.hongyan.token.fetch.Host;
import dev.hongyan.token.fetch.Hosts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One POST of JSON to WeChat, at the first host that is well. Another host is asked when the first
 * was not reached; when it may have acted only if doing it twice does no harm. For one event loop.
 */
final class SendClient {
  private static final int CONNECTIONS_MAX = 64;
  private static final int WAITING_MAX = 10_000;

  private final HttpClient http;
  private final Clock clock;
  private final Timers timers;
  private final WeChatApi api;
  private final Hosts hosts;

  SendClient(Vertx vertx, Clock clock, Timers timers, WeChatApi api) {
    this.clock = clock;
    this.timers = timers;
    this.api = api;
    this.hosts = new Hosts(api.hosts(), api.returnAfter().toMillis());
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) api.connectWithin().toMillis())
                // Shorter than any server's, so that a request seldom meets a closing connection.
                .setKeepAliveTimeout(15)
                .setMaxHeaderSize(16 * 1024),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(WAITING_MAX));
  }

  /**
   * What came of it.
   *
   * @param json WeChat's verdict; null when there was none
   * @param status of HTTP, 0 for no answer
   * @param trouble why there is no verdict, without secrets
   */
  record Verdict(@Nullable JsonObject json, int status, String trouble) {}

  /** Never fails. */
  Future<Verdict> post(String path, Token token, byte[] body, boolean safeToRepeat) {
    String uri =
        path + "?access_token=" + URLEncoder.encode(token.value().reveal(), StandardCharsets.UTF_8);
    return on(hosts.inOrder(Token.millis(clock)), 0, uri, Buffer.buffer(body), safeToRepeat);
  }

  private Future<Verdict> on(
      List<Host> order, int at, String uri, Buffer body, boolean safeToRepeat) {
    Host host = order.get(at);
    Exchange exchange = new Exchange(timers, api.answerWithin());
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(host.name())
            .setPort(host.port())
            .setSsl(host.tls())
            .setURI(uri)
            .setConnectTimeout(api.connectWithin().toMillis());
    return exchange
        .run(http, options, body)
        .map(SendClient::judge)
        .otherwise(e -> new Verdict(null, 0, Exchange.describe(e)))
        .compose(
            verdict -> {
              if (verdict.json() != null) {
                hosts.answered(host);
                return Future.succeededFuture(verdict);
              }
              hosts.failed(host, Token.millis(clock));
              return at + 1 < order.size() && (safeToRepeat || !exchange.isSent())
                  ? on(order, at + 1, uri, body, safeToRepeat)
                  : Future.succeededFuture(verdict);
            });
  }

  private static Verdict judge(Exchange.Answer answer) {
    int status = answer.status();
    if (status < 200 || status >= 300) {
      return new Verdict(null, status, "answered with status " + status);
    }
    try {
      return new Verdict(new JsonObject(answer.body()), status, "");
    } catch (DecodeException | ClassCastException e) {
      // Its message quotes the body, which may be anything.
      return new Verdict(null, status, "answered with no JSON");
    }
  }

  Future<Void> close() {
    return http.close();
  }
}
