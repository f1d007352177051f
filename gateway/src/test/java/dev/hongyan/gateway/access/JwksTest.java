package dev.hongyan.gateway.access;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.destination.GuardedGet;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JwksTest {
  static Vertx vertx;
  static Context loop;
  static HttpServer server;
  static JWK k1;
  static JWK k2;
  static volatile int status;
  static volatile String body;
  static final AtomicInteger asked = new AtomicInteger();

  final ManualTime time = new ManualTime(1_800_000_000_000L);
  final GuardedGet http = new GuardedGet(vertx, Clock.system(), true);
  final Jwks jwks = new Jwks(http::get, time);

  @BeforeAll
  static void open() throws Exception {
    vertx = Vertx.vertx();
    loop = vertx.getOrCreateContext();
    k1 = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
    k2 = new ECKeyGenerator(Curve.P_256).keyID("k2").generate();
    server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      asked.incrementAndGet();
                      var unused = request.response().setStatusCode(status).end(body);
                    })
                .listen(0, "127.0.0.1"));
  }

  @AfterAll
  static void close() {
    await(vertx.close());
  }

  @BeforeEach
  void fresh() {
    serve(k1);
    asked.set(0);
  }

  static void serve(JWK... keys) {
    status = 200;
    body = new JWKSet(List.of(keys)).toPublicJWKSet().toString();
  }

  static String url() {
    return "http://127.0.0.1:" + server.actualPort() + "/keys?x=1";
  }

  JWKSet keys(String keyId) {
    return await(on(() -> jwks.keys("acme", url(), keyId)));
  }

  /** On one event loop, as at run time. */
  <T> Future<T> on(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    loop.runOnContext(v -> work.get().onComplete(promise));
    return promise.future();
  }

  @Test
  void keysAreFetchedOnceForManyAndKept() {
    List<Future<JWKSet>> all =
        IntStream.range(0, 20).mapToObj(i -> on(() -> jwks.keys("acme", url(), "k1"))).toList();
    all.forEach(f -> assertThat(await(f).getKeyByKeyId("k1")).isNotNull());
    assertThat(keys("k1")).isSameAs(keys(null));
    assertThat(asked).hasValue(1);
  }

  @Test
  void anUnknownKeyHasThemFetchedAgainButNotTwiceInHalfAMinute() {
    assertThat(keys("k1").getKeyByKeyId("k2")).isNull();
    time.advance(Duration.ofSeconds(31));
    serve(k1, k2);
    assertThat(keys("k2").getKeyByKeyId("k2")).isNotNull();
    int before = asked.get();
    for (int i = 0; i < 10; i++) {
      assertThat(keys("k3").getKeyByKeyId("k3")).isNull();
    }
    assertThat(asked).hasValue(before);
    time.advance(Duration.ofSeconds(31));
    assertThat(keys("k3").getKeyByKeyId("k3")).isNull();
    assertThat(asked).hasValue(before + 1);
  }

  @Test
  void whatOneTenantAsksForLeavesTheOthersAlone() {
    assertThat(keys("k1")).isNotNull();
    assertThat(keys("nobody").getKeyByKeyId("nobody")).isNull(); // acme may not ask now
    serve(k1, k2);
    JWKSet ofBolt = await(on(() -> jwks.keys("bolt", url(), "k2")));
    assertThat(ofBolt.getKeyByKeyId("k2")).isNotNull();
  }

  @Test
  void oldKeysStayWhileTheAddressIsAwayForADayAtMost() {
    JWKSet first = keys("k1");
    status = 503;
    time.advance(Duration.ofHours(1));
    assertThat(keys("k1")).isSameAs(first);
    time.advance(Duration.ofHours(22));
    assertThat(keys("k1")).isSameAs(first);
    time.advance(Duration.ofHours(2));
    assertThatThrownBy(() -> keys("k1")).isNotNull();
    serve(k2);
    time.advance(Duration.ofSeconds(6));
    assertThat(keys("k2").getKeyByKeyId("k1")).isNull();
  }

  @Test
  void whatIsNoDocumentOfKeysGivesNoneAndIsNotAskedForAtEachCall() {
    for (String wrong : List.of("", "[]", "{\"keys\":[]}", "<html>", "x".repeat(300_000))) {
      body = wrong;
      time.advance(Duration.ofSeconds(6));
      assertThatThrownBy(() -> keys("k1"))
          .as(wrong.substring(0, Math.min(20, wrong.length())))
          .isNotNull();
      int before = asked.get();
      assertThatThrownBy(() -> keys("k1")).isNotNull();
      assertThat(asked).hasValue(before);
    }
  }

  @Test
  void anAddressInOurOwnNetworkIsNotAsked() {
    GuardedGet guarded = new GuardedGet(vertx, Clock.system(), false);
    assertThatThrownBy(() -> await(guarded.get(url(), 1000, Duration.ofSeconds(5)))).isNotNull();
    String tls = url().replace("http:", "https:");
    assertThatThrownBy(() -> await(guarded.get(tls, 1000, Duration.ofSeconds(5))))
        .hasStackTraceContaining("not public");
    assertThat(asked).hasValue(0);
    await(guarded.close());
  }
}
