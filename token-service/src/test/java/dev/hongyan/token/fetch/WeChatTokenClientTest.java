package dev.hongyan.token.fetch;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.lease.FetchFailure;
import dev.hongyan.token.testing.FakeWeChat;
import dev.hongyan.wechat.error.ErrcodeClass;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WeChatTokenClientTest {
  private static final String CANARY = "canary-of-a-secret";
  private static final AppCredentials APP =
      new AppCredentials("wx1", Secret.of(CANARY), TokenMode.STABLE);
  private static final AppCredentials CLASSIC =
      new AppCredentials("wx1", Secret.of(CANARY), TokenMode.CLASSIC);

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong nanos = new AtomicLong();
  private final Clock clock =
      new Clock() {
        @Override
        public long wallMillis() {
          return 0;
        }

        @Override
        public long nanos() {
          return nanos.get();
        }
      };
  private final Limits limits = new Limits();
  private Context context;
  private FakeWeChat first;
  private FakeWeChat second;
  private WeChatTokenClient client;

  @BeforeEach
  void start() {
    first = new FakeWeChat(vertx);
    second = new FakeWeChat(vertx);
    context = vertx.getOrCreateContext();
    client = client(first.host(), second.host());
  }

  @AfterEach
  void stop() {
    var unused = await(vertx.close());
  }

  @Test
  void theStableEndpointIsAskedWithJsonAndTheClassicOneWithAQuery() {
    FetchResult.Handed token = handed(() -> client.accessToken(APP, false));
    assertThat(token.value().reveal()).isEqualTo("real-token-1");
    assertThat(token.lifeMillis()).isEqualTo(7_200_000);
    String call = first.calls().get(0);
    assertThat(call).startsWith("POST /cgi-bin/stable_token {");
    assertThat(new JsonObject(call.substring(call.indexOf('{'))))
        .isEqualTo(
            new JsonObject()
                .put("grant_type", "client_credential")
                .put("appid", "wx1")
                .put("secret", CANARY)
                .put("force_refresh", false));

    handed(() -> client.accessToken(CLASSIC, false));
    assertThat(first.calls().get(1))
        .isEqualTo(
            "GET /cgi-bin/token?grant_type=client_credential&appid=wx1&secret=" + CANARY + " ");
  }

  @Test
  void ticketsAreAskedForByTheirType() {
    FetchResult.Handed ticket =
        handed(() -> client.ticket(TokenKind.WX_CARD, Secret.of("real-token-1")));
    assertThat(ticket.value().reveal()).isEqualTo("real-ticket-wx_card");
    assertThat(denied(() -> client.ticket(TokenKind.JSAPI, Secret.of("old"))).errorClass())
        .isEqualTo(ErrcodeClass.TOKEN_STALE);
  }

  @Test
  void errcodesAreClassedAsThoseOfATokenEndpoint() {
    first.nextJson("{\"errcode\":40001,\"errmsg\":\"invalid credential rid: 1\"}");
    FetchFailure wrong = denied(() -> client.accessToken(APP, false));
    assertThat(wrong.errorClass()).isEqualTo(ErrcodeClass.CREDENTIAL);
    assertThat(wrong.detail()).isEqualTo("40001 invalid credential rid: 1");

    first.nextJson("{\"errcode\":40164,\"errmsg\":\"invalid ip 203.0.113.9, not in whitelist\"}");
    assertThat(denied(() -> client.accessToken(APP, false)).errorClass())
        .isEqualTo(ErrcodeClass.IP_DENIED);

    first.nextJson("{\"errcode\":-1,\"errmsg\":\"system error\"}");
    assertThat(denied(() -> client.accessToken(APP, false)).errorClass())
        .isEqualTo(ErrcodeClass.BUSY);
    assertThat(second.calls()).isEmpty();
  }

  @Test
  void theNextHostIsAskedWhenOneAnswersHtmlOr500OrHalfOrNotAtAll() {
    first.next(r -> FakeWeChat.end(r.response(), "<html>502 Bad Gateway</html>"));
    handed(() -> client.accessToken(APP, false));
    assertThat(second.calls()).hasSize(1);

    again();
    first.next(r -> FakeWeChat.end(r.response().setStatusCode(503), "{}"));
    handed(() -> client.accessToken(APP, false));
    assertThat(second.calls()).hasSize(2);

    again();
    first.next(r -> r.connection().close());
    handed(() -> client.accessToken(APP, false));
    assertThat(second.calls()).hasSize(3);

    again();
    first.next(
        r -> {
          var unused = r.response().setChunked(true).write("{\"access_token\":"); // and no end
          limits.pass();
        });
    handed(() -> client.accessToken(APP, false));
    assertThat(second.calls()).hasSize(4);
    assertThat(first.calls()).hasSize(4);
  }

  @Test
  void afterAWhileTheFirstHostIsAskedAgain() {
    first.next(r -> limits.pass()); // never answers
    handed(() -> client.accessToken(APP, false));
    handed(() -> client.accessToken(APP, false));
    assertThat(first.calls()).hasSize(1);
    assertThat(second.calls()).hasSize(2);

    again();
    handed(() -> client.accessToken(APP, false));
    assertThat(first.calls()).hasSize(2);
    assertThat(second.calls()).hasSize(2);
  }

  @Test
  void aHostThatCannotBeConnectedIsLeftForTheNext() {
    Host nobody = first.host();
    first.close();
    WeChatTokenClient other = client(nobody, second.host());
    handed(() -> other.accessToken(APP, false));
    assertThat(second.calls()).hasSize(1);
  }

  @Test
  void aForcedRefreshThatMayHaveArrivedIsNotRepeatedElsewhere() {
    first.next(r -> r.connection().close());
    assertThat(denied(() -> client.accessToken(APP, true)).errorClass())
        .isEqualTo(ErrcodeClass.BUSY);
    assertThat(first.calls().get(0)).contains("\"force_refresh\":true");
    assertThat(second.calls()).isEmpty();
  }

  @Test
  void noSecretIsInAnyError() {
    for (AppCredentials app : List.of(APP, CLASSIC)) {
      again();
      first.next(r -> limits.pass());
      second.next(r -> r.connection().close());
      FetchFailure silent = denied(() -> client.accessToken(app, false));
      assertThat(silent.toString())
          .contains("did not answer within 300 ms", "dropped the connection")
          .doesNotContain(CANARY);

      again();
      first.nextJson("{\"errcode\":40125,\"errmsg\":\"invalid appsecret " + CANARY + " rid: 2\"}");
      assertThat(denied(() -> client.accessToken(app, false)).toString())
          .contains("40125 invalid appsecret *** rid: 2")
          .doesNotContain(CANARY);

      again();
      first.next(r -> FakeWeChat.end(r.response(), "<html>" + r.uri() + CANARY));
      second.next(r -> FakeWeChat.end(r.response(), "[\"" + CANARY + "\"]"));
      assertThat(denied(() -> client.accessToken(app, false)).toString())
          .contains("no JSON")
          .doesNotContain(CANARY);
    }
    assertThat(APP.toString()).doesNotContain(CANARY);
    assertThat(handed(() -> client.accessToken(APP, false)).toString())
        .doesNotContain("real-token");
  }

  @Test
  void anAnswerWithoutEndIsCutOff() {
    String much = "x".repeat(70_000);
    first.next(r -> FakeWeChat.end(r.response(), much));
    second.nextJson("{\"access_token\":\"t\"}");
    assertThat(denied(() -> client.accessToken(APP, false)).detail())
        .isEqualTo("WeChat answered without access_token or expires_in");
  }

  private void again() {
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
  }

  private WeChatTokenClient client(Host... hosts) {
    return new WeChatTokenClient(
        vertx,
        clock,
        limits,
        new WeChatTokenClient.Options(
            List.of(hosts), Duration.ofSeconds(10), Duration.ofMillis(300), Duration.ofMinutes(1)));
  }

  @CanIgnoreReturnValue
  private FetchResult.Handed handed(Supplier<Future<FetchResult>> call) {
    return run(call)
        .fold(
            h -> h,
            d -> {
              throw new AssertionError(d.failure().toString());
            });
  }

  private FetchFailure denied(Supplier<Future<FetchResult>> call) {
    return run(call)
        .fold(
            h -> {
              throw new AssertionError("handed out");
            },
            FetchResult.Denied::failure);
  }

  private FetchResult run(Supplier<Future<FetchResult>> call) {
    Promise<FetchResult> done = Promise.promise();
    context.runOnContext(v -> call.get().onComplete(done));
    return await(done.future());
  }

  /** Time limits that end when a test says so, so that a slow machine fails no test. */
  private final class Limits implements Timers {
    private final Set<Runnable> running = ConcurrentHashMap.newKeySet();

    void pass() {
      running.forEach(task -> context.runOnContext(ignored -> task.run()));
    }

    @Override
    public Cancellable after(Duration delay, Runnable task) {
      running.add(task);
      return () -> running.remove(task);
    }

    @Override
    public Cancellable every(Duration period, Runnable task) {
      throw new UnsupportedOperationException();
    }
  }
}
