package dev.hongyan.token.keeper;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.TokenReply;
import dev.hongyan.token.TokenReply.Granted;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.token.testing.FakeWeChat;
import dev.hongyan.wechat.crypto.JsSdkSignature;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenVerticleTest {
  private final Cluster cluster = new Cluster();

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aThousandCallersOnTwoNodesCostOneCallToWeChat() {
    Cluster.Node a = cluster.node();
    Cluster.Node b = cluster.node();
    List<Future<TokenReply>> asked = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      asked.add(get(a));
      asked.add(get(b));
    }
    assertThat(asked).allMatch(f -> value(await(f)).equals("real-token-1"));
    assertThat(cluster.wechat.calls()).hasSize(1);
    // The last of the thousand may have come when the token was there already.
    long before = a.metrics.tally(Series.TOKENS_SERVED, "memory").count();
    assertThat(value(await(get(a)))).isEqualTo("real-token-1");
    assertThat(a.metrics.tally(Series.TOKENS_SERVED, "memory").count()).isEqualTo(before + 1);
  }

  @Test
  void aTokenVoidedOutsideIsReplacedOnceForBothNodes() {
    Cluster.Node a = cluster.node();
    Cluster.Node b = cluster.node();
    long old = token(await(get(a))).generation();
    assertThat(token(await(get(b))).generation()).isEqualTo(old);

    cluster.wechat.voidToken();
    List<Future<TokenReply>> asked = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      asked.add(a.tokens.invalidate("acme", "shop", TokenKind.ACCESS, old));
      asked.add(b.tokens.invalidate("acme", "shop", TokenKind.ACCESS, old));
    }
    assertThat(asked).allMatch(f -> value(await(f)).equals("real-token-2"));
    assertThat(cluster.wechat.calls()).hasSize(2);
    assertThat(
            a.metrics.tally(Series.TOKENS_FOREIGN).count()
                + b.metrics.tally(Series.TOKENS_FOREIGN).count())
        .isEqualTo(1);

    // Refused again at once, on either node: an error, and WeChat is left alone.
    long now = token(await(get(b))).generation();
    for (Cluster.Node node : List.of(a, b)) {
      Refused no = (Refused) await(node.tokens.invalidate("acme", "shop", TokenKind.ACCESS, now));
      assertThat(no.problem()).isEqualTo(Problem.WECHAT_UNAVAILABLE);
      assertThat(no.retryAfterMillis()).isBetween(1L, 30_000L);
      assertThat(value(await(get(node)))).isEqualTo("real-token-2");
    }
    assertThat(cluster.wechat.calls()).hasSize(2);
  }

  @Test
  void theNextNodeTakesOverFromOneThatDiesBetweenFetchingAndStoring() {
    Cluster.Node a = cluster.node();
    Cluster.Node b = cluster.node();
    AtomicReference<HttpServerRequest> unanswered = new AtomicReference<>();
    cluster.wechat.next(unanswered::set);
    Future<TokenReply> asked = get(a);
    cluster.wechat.awaitCalls(1);
    // To the others a node that stands still is a dead one; and this one comes back later.
    Runnable resume = a.stall();
    FakeWeChat.end(unanswered.get().response(), "{\"access_token\":\"late\",\"expires_in\":7200}");
    long started = System.nanoTime();
    assertThat(value(await(get(b)))).isEqualTo("real-token-1");
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    System.out.println("taken over after " + took.toMillis() + " ms");

    resume.run();
    assertThat(value(await(asked))).as("not the late one").isEqualTo("real-token-1");
    assertThat(value(await(get(b)))).isEqualTo("real-token-1");
    assertThat(value(await(get(cluster.node())))).isEqualTo("real-token-1");
    assertThat(cluster.wechat.calls()).hasSize(2);
  }

  @Test
  void theStoreHoldsTheTokenSealedWithItsLifeAndNothingElseForLong() {
    Cluster.Node a = cluster.node();
    token(await(get(a)));
    assertThat(cluster.redis.keys())
        .containsExactly("hy:{acme}:token:v1:shop:stable", "hy:{acme}:token:v1:shop:stable:fence");
    for (String key : cluster.redis.keys()) {
      assertThat(cluster.redis.send(Command.PTTL, key).toLong()).isPositive();
      assertThat(cluster.redis.send(Command.GET, key).toString())
          .doesNotContain("real-token", Cluster.SECRET);
    }
    assertThat(cluster.redis.send(Command.PTTL, "hy:{acme}:token:v1:shop:stable").toLong())
        .isBetween(7_100_000L, 7_200_000L);
  }

  @Test
  void aStoredTokenOfAnotherAppIsLeftAside() {
    token(await(get(cluster.node())));
    cluster.wechat.voidToken();
    cluster.set("shop", "wx2", Cluster.SECRET, TokenMode.STABLE);
    assertThat(value(await(get(cluster.node())))).isEqualTo("real-token-2");
    assertThat(cluster.wechat.calls().get(1)).contains("wx2");
  }

  @Test
  void aRefusedSecretIsNotTriedAgainUntilItChanges() {
    Cluster.Node a = cluster.node();
    cluster.wechat.nextJson(
        "{\"errcode\":40125,\"errmsg\":\"invalid appsecret " + Cluster.SECRET + "\"}");
    for (int i = 0; i < 3; i++) {
      Refused no = (Refused) await(get(a));
      assertThat(no.errcode()).isEqualTo(40125);
      assertThat(no.problem()).isEqualTo(Problem.WECHAT_REFUSES);
      assertThat(no.toString()).doesNotContain(Cluster.SECRET);
    }
    assertThat(cluster.wechat.calls()).hasSize(1);
    Status status = await(a.verticle.health());
    assertThat(status.state()).isEqualTo(Status.State.DEGRADED);
    assertThat(status.detail()).contains("acme/shop/access_token: 40125");

    cluster.set("shop", "wx1", "the right one", TokenMode.STABLE);
    assertThat(value(await(get(a)))).isEqualTo("real-token-1");
    assertThat(await(a.verticle.health())).isEqualTo(Status.up());
  }

  @Test
  void busyIsTriedAgainWithoutTheCallerSeeingIt() {
    Cluster.Node a = cluster.node();
    cluster.wechat.nextJson("{\"errcode\":-1,\"errmsg\":\"system error\"}");
    assertThat(value(await(get(a)))).isEqualTo("real-token-1");
    assertThat(cluster.wechat.calls()).hasSize(2);
  }

  @Test
  void aForcedRefreshIsAllowedOnceInThirtySecondsInTheWholeCluster() {
    Cluster.Node a = cluster.node();
    Cluster.Node b = cluster.node();
    long old = token(await(get(a))).generation();
    cluster.wechat.next(
        r -> {
          cluster.wechat.voidToken();
          FakeWeChat.end(r.response(), "{\"access_token\":\"real-token-2\",\"expires_in\":7200}");
        });
    Token forced = token(await(a.tokens.renew("acme", "shop", TokenKind.ACCESS)));
    assertThat(forced.value().reveal()).isEqualTo("real-token-2");
    assertThat(forced.generation()).isGreaterThan(old);
    assertThat(cluster.wechat.calls("force_refresh")).isEqualTo(2);
    assertThat(cluster.wechat.calls().get(1)).contains("\"force_refresh\":true");

    Refused no = (Refused) await(b.tokens.renew("acme", "shop", TokenKind.ACCESS));
    assertThat(no.problem()).isEqualTo(Problem.RATE_LIMITED);
    assertThat(no.retryAfterMillis()).isBetween(20_000L, 30_000L);
    assertThat(value(await(get(b)))).isEqualTo("real-token-2");
    assertThat(cluster.wechat.calls()).hasSize(2);
  }

  @Test
  void aTicketIsFetchedOnceAndAStaleAccessTokenInItsWayIsReplaced() {
    Cluster.Node a = cluster.node();
    token(await(get(a)));
    cluster.wechat.voidToken();
    JsSdk pages = new JsSdk(a.tokens, (t, account) -> "wx1", Clock.system(), () -> "nonce");
    JsSdk.Signed signed = await(pages.sign("acme", "shop", "https://shop.example/a?b=1#top"));
    assertThat(signed.url()).isEqualTo("https://shop.example/a?b=1");
    assertThat(signed.signature())
        .isEqualTo(
            JsSdkSignature.sign("real-ticket-jsapi", "nonce", signed.timestamp(), signed.url()));
    assertThat(cluster.wechat.calls("getticket")).isEqualTo(2);
    assertThat(cluster.wechat.calls("stable_token")).isEqualTo(2);

    var unused = await(pages.sign("acme", "shop", "https://shop.example/other"));
    assertThat(cluster.wechat.calls()).hasSize(4);
    assertThat(pages.sign("acme", "shop", "javascript:alert(1)").cause())
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.VALIDATION));
  }

  @Test
  void theClassicEndpointIsAnOption() {
    cluster.set("shop", "wx1", Cluster.SECRET, TokenMode.CLASSIC);
    assertThat(value(await(get(cluster.node())))).isEqualTo("real-token-1");
    assertThat(cluster.wechat.calls().get(0)).startsWith("GET /cgi-bin/token?");
  }

  @Test
  void anAccountThatIsGoneHasNoToken() {
    Cluster.Node a = cluster.node();
    token(await(get(a)));
    cluster.remove("shop");
    // The change takes a hop to the verticle; a question to it is answered after that.
    Refused no = (Refused) await(a.tokens.invalidate("acme", "shop", TokenKind.ACCESS, 1));
    assertThat(no.problem()).isEqualTo(Problem.NOT_FOUND);
    assertThat(a.cache.find("acme", "shop", TokenKind.ACCESS)).isNull();
    assertThat(((Refused) await(get(a))).problem()).isEqualTo(Problem.NOT_FOUND);
  }

  private static Future<TokenReply> get(Cluster.Node node) {
    return node.tokens.get("acme", "shop", TokenKind.ACCESS);
  }

  @CanIgnoreReturnValue
  private static Token token(TokenReply reply) {
    return reply.fold(
        Granted::value,
        no -> {
          throw new AssertionError(no.toString());
        });
  }

  private static String value(TokenReply reply) {
    return token(reply).value().reveal();
  }
}
