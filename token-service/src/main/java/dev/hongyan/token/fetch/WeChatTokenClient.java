package dev.hongyan.token.fetch;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.lease.FetchFailure;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.error.ErrcodeClass;
import dev.hongyan.wechat.error.ErrcodeTable;
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
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gets tokens and tickets from WeChat (developers.weixin.qq.com: "Get stable access token", "Get
 * access token", and the JS-SDK's appendix for {@code getticket}).
 *
 * <p>A host that cannot be reached, does not answer in time, answers with a status of 500 or more
 * or with something that is no JSON object is left for the next one; all these calls may be
 * repeated, at worst a token is made that nobody uses. A forced refresh goes to another host only
 * when the first was not reached.
 *
 * <p>Made and used on one event loop. Futures never fail; what went wrong is in the result, in
 * words of our own: the errors of an HTTP client repeat the address, and WeChat wants secrets
 * there.
 */
public final class WeChatTokenClient {
  private static final int DETAIL_MAX = 200;
  private static final long LIFE_MAX_SECONDS = 24 * 3600;

  private final Timers timers;
  private final Clock clock;
  private final Options options;
  private final HttpClient http;
  private final Hosts hosts;

  /**
   * Where to ask and how patiently.
   *
   * @param hosts in order; default {@code api.weixin.qq.com}, then {@code api2.weixin.qq.com},
   *     which WeChat names for disasters
   * @param connectWithin per host; default 1 s
   * @param answerWithin per host, from the call to the last byte; default 2 s
   * @param returnAfter how long a host that failed is left out; default 1 min
   */
  public record Options(
      List<Host> hosts, Duration connectWithin, Duration answerWithin, Duration returnAfter) {
    public static final Options DEFAULT =
        new Options(
            List.of(
                Host.parse("https://api.weixin.qq.com"), Host.parse("https://api2.weixin.qq.com")),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofMinutes(1));

    public Options {
      hosts = List.copyOf(hosts);
    }

    public Options withHosts(List<Host> value) {
      return new Options(value, connectWithin, answerWithin, returnAfter);
    }
  }

  /** One call, the same to every host; holds secrets, so it is shown nowhere. */
  private static final class Call {
    final HttpMethod method;
    final String uri;
    final @Nullable Buffer body;
    final String field;
    final boolean tokenCall;
    final boolean onlyUnsent;
    final List<Secret> secrets;

    Call(
        HttpMethod method,
        String uri,
        @Nullable Buffer body,
        String field,
        boolean tokenCall,
        boolean onlyUnsent,
        List<Secret> secrets) {
      this.method = method;
      this.uri = uri;
      this.body = body;
      this.field = field;
      this.tokenCall = tokenCall;
      this.onlyUnsent = onlyUnsent;
      this.secrets = secrets;
    }
  }

  /** What one host did. {@code result} is null when another one may be asked. */
  private record Try(@Nullable FetchResult result, boolean sent, String trouble) {}

  public WeChatTokenClient(Vertx vertx, Clock clock, Timers timers, Options options) {
    this.timers = timers;
    this.clock = clock;
    this.options = options;
    this.hosts = new Hosts(options.hosts(), options.returnAfter().toMillis());
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) options.connectWithin().toMillis())
                .setKeepAliveTimeout(30)
                .setMaxHeaderSize(16 * 1024),
            new PoolOptions().setHttp1MaxSize(32).setMaxWaitQueueSize(1_000));
  }

  /**
   * An access token, by the endpoint of the account's mode.
   *
   * @param force whether WeChat shall void the present token at once; needs {@link
   *     TokenMode#STABLE}, elsewhere every call does about that
   */
  public Future<FetchResult> accessToken(AppCredentials app, boolean force) {
    String secret = app.secret().reveal();
    List<Secret> secrets = List.of(app.secret());
    if (app.mode() == TokenMode.CLASSIC) {
      String uri =
          "/cgi-bin/token?grant_type=client_credential&appid="
              + encoded(app.appId())
              + "&secret="
              + encoded(secret);
      return call(new Call(HttpMethod.GET, uri, null, "access_token", true, force, secrets));
    }
    JsonObject body =
        new JsonObject()
            .put("grant_type", "client_credential")
            .put("appid", app.appId())
            .put("secret", secret)
            .put("force_refresh", force);
    return call(
        new Call(
            HttpMethod.POST,
            "/cgi-bin/stable_token",
            body.toBuffer(),
            "access_token",
            true,
            force,
            secrets));
  }

  /** A ticket for pages, by an access token. */
  public Future<FetchResult> ticket(TokenKind kind, Secret accessToken) {
    if (!kind.isTicket()) {
      throw new IllegalArgumentException(kind + " is no ticket");
    }
    String uri =
        "/cgi-bin/ticket/getticket?access_token="
            + encoded(accessToken.reveal())
            + "&type="
            + kind.text();
    return call(new Call(HttpMethod.GET, uri, null, "ticket", false, false, List.of(accessToken)));
  }

  /** Ends all connections. */
  public Future<Void> close() {
    return http.close();
  }

  private Future<FetchResult> call(Call call) {
    return next(call, hosts.inOrder(Token.millis(clock)), 0, "");
  }

  private Future<FetchResult> next(Call call, List<Host> order, int at, String troubles) {
    if (at == order.size()) {
      return Future.succeededFuture(
          new FetchResult.Denied(FetchFailure.unreachable(cut(troubles))));
    }
    Host host = order.get(at);
    return attempt(call, host)
        .compose(
            t -> {
              if (t.result() != null) {
                hosts.answered(host);
                return Future.succeededFuture(t.result());
              }
              hosts.failed(host, Token.millis(clock));
              String all = (troubles.isEmpty() ? "" : troubles + "; ") + host + " " + t.trouble();
              int to = t.sent() && call.onlyUnsent ? order.size() : at + 1;
              return next(call, order, to, all);
            });
  }

  private Future<Try> attempt(Call call, Host host) {
    RequestOptions request =
        new RequestOptions()
            .setMethod(call.method)
            .setHost(host.name())
            .setPort(host.port())
            .setSsl(host.tls())
            .setURI(call.uri)
            .setConnectTimeout(options.connectWithin().toMillis());
    Exchange exchange = new Exchange(timers, options.answerWithin());
    return exchange
        .run(http, request, call.body)
        .map(answer -> judge(call, answer))
        .otherwise(e -> new Try(null, exchange.isSent(), Exchange.describe(e)));
  }

  private Try judge(Call call, Exchange.Answer answer) {
    if (answer.status() >= 500) {
      return new Try(null, true, "answered with status " + answer.status());
    }
    JsonObject json;
    try {
      json = new JsonObject(answer.body());
    } catch (DecodeException | ClassCastException e) {
      // Its message quotes the body, which may be anything.
      return new Try(null, true, "answered with no JSON (status " + answer.status() + ")");
    }
    return new Try(read(call, json), true, "");
  }

  private FetchResult read(Call call, JsonObject json) {
    int errcode = json.getValue("errcode") instanceof Number n ? n.intValue() : 0;
    if (errcode != 0) {
      ErrcodeTable table = ErrcodeTable.standard();
      ErrcodeClass found =
          call.tokenCall
              ? table.classifyTokenCall(Product.MP, errcode)
              : table.classify(Product.MP, errcode);
      String said = json.getValue("errmsg") instanceof String text ? text : "";
      return new FetchResult.Denied(
          FetchFailure.of(
              found, errcode, errcode + " " + masked(said, call.secrets), clock.wallMillis()));
    }
    long seconds = json.getValue("expires_in") instanceof Number n ? n.longValue() : 0;
    if (!(json.getValue(call.field) instanceof String value) || value.isEmpty() || seconds < 1) {
      return new FetchResult.Denied(
          FetchFailure.unreachable("WeChat answered without " + call.field + " or expires_in"));
    }
    return new FetchResult.Handed(Secret.of(value), Math.min(seconds, LIFE_MAX_SECONDS) * 1000);
  }

  private static String masked(String text, List<Secret> secrets) {
    String clean = text;
    for (Secret secret : secrets) {
      clean = clean.replace(secret.reveal(), "***");
    }
    return cut(clean);
  }

  private static String cut(String text) {
    return text.length() <= DETAIL_MAX ? text : text.substring(0, DETAIL_MAX) + "…";
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
