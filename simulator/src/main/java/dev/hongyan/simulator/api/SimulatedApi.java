package dev.hongyan.simulator.api;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.api.Dispatcher.Caller;
import dev.hongyan.simulator.api.Fault.Effect;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.push.SimulatedPush;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The API side of a simulated WeChat: a server that SDKs and Hongyan call instead of {@code
 * api.weixin.qq.com}, and what a test wants of it. Accounts of official accounts and mini programs
 * are there as soon as they are registered; they need a secret. Thread-safe.
 */
public final class SimulatedApi {
  /** Longer than any fault may delay an answer. */
  private static final int IDLE_SECONDS = 15 * 60;

  private final ApiOptions options;
  private final Timers timers;
  private final ApiTime time;
  private final Tokens tokens;
  private final Faults faults;
  private final ApiCalls calls = new ApiCalls();
  private final ConcurrentHashMap<String, Limit> limits = new ConcurrentHashMap<>(Limit.PUBLISHED);
  private final Map<String, ApiAccount> accounts = new ConcurrentHashMap<>();
  private final MediaPaths media;
  private final Dispatcher dispatcher;
  private final Admin admin = new Admin(this);
  private final Bodies bodies = new Bodies();
  private final Context context;
  private final HttpServer server;

  private SimulatedApi(
      Vertx vertx, Clock clock, Timers timers, SplittableRandom random, ApiOptions options) {
    this.options = options;
    this.timers = timers;
    this.time = new ApiTime(clock);
    this.tokens = new Tokens(time, random.split(), options.tokenLife(), options.overlap());
    this.faults = new Faults(random.split());
    MediaShelf shelf = new MediaShelf(time, random.split(), options.mediaBytesMax());
    this.media = new MediaPaths(shelf, () -> url().toString());
    this.dispatcher =
        new Dispatcher(accounts::get, tokens, time, random.split(), shelf, media, options.host());
    this.context = vertx.getOrCreateContext();
    this.server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setMaxInitialLineLength(16 * 1024)
                    .setMaxHeaderSize(16 * 1024)
                    .setHandle100ContinueAutomatically(true)
                    .setHttp2ClearTextEnabled(false)
                    .setTcpNoDelay(true)
                    .setIdleTimeout(IDLE_SECONDS))
            .requestHandler(this::handle);
  }

  /**
   * Opens the port; to be called on the event loop that is to do the work.
   *
   * @return the server when it listens; fails if the address cannot be had
   */
  public static Future<SimulatedApi> open(
      Vertx vertx, Clock clock, Timers timers, long seed, ApiOptions options) {
    SimulatedApi api = new SimulatedApi(vertx, clock, timers, new SplittableRandom(seed), options);
    return api.server.listen(options.port(), options.host()).map(api);
  }

  /** Where it listens, for example {@code http://127.0.0.1:40123}. */
  public URI url() {
    String host = options.host().indexOf(':') < 0 ? options.host() : '[' + options.host() + ']';
    return URI.create("http://" + host + ':' + server.actualPort());
  }

  /** What goes wrong. */
  public Faults faults() {
    return faults;
  }

  /** What was called. */
  public ApiCalls calls() {
    return calls;
  }

  /**
   * An account.
   *
   * @throws IllegalArgumentException if no official account or mini program of this appid is
   *     registered
   */
  public ApiAccount account(String appId) {
    ApiAccount account = accounts.get(appId);
    if (account == null) {
      throw new IllegalArgumentException("no account " + appId);
    }
    return account;
  }

  Map<String, ApiAccount> accounts() {
    return accounts;
  }

  /** Sets how often each account may call a path; what was called already counts. */
  public void limit(String path, Limit limit) {
    if (!dispatcher.isPath(path)) {
      throw new IllegalArgumentException("no path " + path);
    }
    limits.put(path, limit);
  }

  /** Moves the API's time ahead of the clock, so that tokens, windows and quotas are older. */
  public void advance(Duration span) {
    time.advance(span);
  }

  /** The API's time. */
  public long nowMillis() {
    return time.nowMillis();
  }

  /** Takes an account; those of WeCom and the Open Platform have another API and are left out. */
  public void add(PushLine line) {
    switch (line.account().product()) {
      case MP, MINI ->
          accounts.put(line.account().appId(), new ApiAccount(line, tokens, time, limits));
      default -> {}
    }
  }

  /** Learns from a push what a user did. */
  public void pushed(String appId, SimulatedPush push) {
    ApiAccount account = accounts.get(appId);
    if (account != null) {
      account.audience.learn(push);
    }
  }

  /** Closes the port and every connection. */
  public Future<Void> close() {
    return server.close();
  }

  private void handle(HttpServerRequest request) {
    String path = request.path();
    if (path.startsWith(Admin.PREFIX)) {
      read(request, false, read -> write(request, admin.answer(request, read.data())));
    } else if (path.startsWith(MediaPaths.VIDEO)) {
      write(request, media.video(path));
    } else {
      Endpoint endpoint = dispatcher.find(path);
      read(
          request,
          endpoint != null && endpoint.upload(),
          read -> serve(request, endpoint, call(request, read)));
    }
  }

  private interface Next {
    void with(Bodies.Body body);
  }

  private void read(HttpServerRequest request, boolean upload, Next next) {
    (upload ? bodies.readUpload(request) : bodies.read(request))
        .onSuccess(next::with)
        .onFailure(
            failure -> {
              boolean tooLarge = failure instanceof Bodies.TooLarge;
              HttpServerResponse response = request.response();
              if (!response.ended() && !response.closed()) {
                response.putHeader("Connection", "close");
                write(
                    request,
                    tooLarge
                        ? ApiAnswer.page(413, "413 Request Entity Too Large")
                        : ApiAnswer.page(400, "400 Bad Request"));
              }
            });
  }

  private static ApiRequest call(HttpServerRequest request, Bodies.Body read) {
    return new ApiRequest(
        request.method().name(),
        request.path(),
        request.params(),
        read.data(),
        read.file(),
        request.remoteAddress().hostAddress());
  }

  private void serve(HttpServerRequest request, @Nullable Endpoint endpoint, ApiRequest call) {
    Caller caller = dispatcher.caller(endpoint, call);
    Fault fault = faults.strike(call.path(), caller.appId());
    if (fault == null) {
      ApiAnswer answer = dispatcher.answer(endpoint, caller, call);
      count(call, caller, answer.status(), answer.errcode(), false);
      write(request, answer);
      return;
    }
    Effect effect = fault.effect();
    ApiAnswer answer = answer(effect, endpoint, caller, call);
    boolean dropped = effect instanceof Effect.Drop;
    count(call, caller, dropped ? 0 : answer.status(), answer.errcode(), true);
    Runnable end = () -> end(request, answer, effect);
    if (fault.delay().isZero()) {
      end.run();
    } else {
      var unused = timers.after(fault.delay(), () -> context.runOnContext(ignored -> end.run()));
    }
  }

  private ApiAnswer answer(
      Effect effect, @Nullable Endpoint endpoint, Caller caller, ApiRequest call) {
    if (effect instanceof Effect.Refusal refusal) {
      return dispatcher.error(refusal.errcode(), refusal.errmsg());
    }
    if (effect instanceof Effect.Page page) {
      return ApiAnswer.page(page.status(), title(page.status()));
    }
    if (effect instanceof Effect.Drop drop && !drop.done()) {
      return ApiAnswer.page(0, "");
    }
    ApiAnswer right = dispatcher.answer(endpoint, caller, call);
    return effect instanceof Effect.Label label
        ? right.withContentType(label.contentType())
        : right;
  }

  private static String title(int status) {
    return switch (status) {
      case 502 -> "502 Bad Gateway";
      case 503 -> "503 Service Temporarily Unavailable";
      case 504 -> "504 Gateway Time-out";
      default -> Integer.toString(status);
    };
  }

  private void count(ApiRequest call, Caller caller, int status, int errcode, boolean faulty) {
    String path = dispatcher.isPath(call.path()) ? call.path() : ApiCalls.UNKNOWN_PATH;
    calls.add(
        new ApiCalls.Call(
            time.nowMillis(), call.method(), path, caller.appId(), status, errcode, faulty),
        call.parameter("access_token"));
  }

  private static void end(HttpServerRequest request, ApiAnswer answer, Effect effect) {
    if (effect instanceof Effect.Drop) {
      close(request);
      answer.afterwards().run();
    } else if (effect instanceof Effect.Truncation cut && cut.bytes() < answer.body().length()) {
      HttpServerResponse response = head(request, answer);
      response
          .putHeader("Content-Length", Integer.toString(answer.body().length()))
          .write(answer.body().slice(0, cut.bytes()))
          .onComplete(
              ignored -> {
                close(request);
                answer.afterwards().run();
              });
    } else {
      write(request, answer);
    }
  }

  private static void close(HttpServerRequest request) {
    var unused = request.connection().close();
  }

  private static void write(HttpServerRequest request, ApiAnswer answer) {
    head(request, answer).end(answer.body()).onComplete(ignored -> answer.afterwards().run());
  }

  private static HttpServerResponse head(HttpServerRequest request, ApiAnswer answer) {
    HttpServerResponse response =
        request
            .response()
            .setStatusCode(answer.status())
            .putHeader("Content-Type", answer.contentType());
    String file = answer.fileName();
    return file == null
        ? response
        : response.putHeader("Content-disposition", "attachment; filename=\"" + file + '"');
  }
}
