package dev.hongyan.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenCacheTest {
  private static final Credential SHOP = new Credential("acme", "shop", TokenKind.ACCESS);
  private static final Credential CARDS = new Credential("acme", "shop", TokenKind.WX_CARD);

  @Test
  void aTokenIsServedForTheFirstPartOfItsLifeAndKnowsThatItWas() {
    ManualTime time = new ManualTime(0);
    TokenCache cache = new TokenCache(time);
    cache.publish(SHOP, token(1, 8_000));
    cache.publish(CARDS, token(2, 9_000));
    assertThat(cache.isUsed(SHOP)).isFalse();
    time.advance(Duration.ofMillis(7_999));
    assertThat(cache.find("acme", "shop", TokenKind.ACCESS).generation()).isEqualTo(1);
    assertThat(cache.isUsed(SHOP)).isTrue();
    assertThat(cache.find("other", "shop", TokenKind.ACCESS)).isNull();

    time.advance(Duration.ofMillis(1));
    assertThat(cache.find("acme", "shop", TokenKind.ACCESS)).isNull();
    cache.withdraw(SHOP);
    assertThat(cache.find("acme", "shop", TokenKind.WX_CARD).generation()).isEqualTo(2);
    cache.withdraw(CARDS);
    assertThat(cache.find("acme", "shop", TokenKind.WX_CARD)).isNull();
  }

  @Test
  void aHitAllocatesNothing() {
    Vertx vertx = Vertx.vertx();
    try {
      TokenCache cache = new TokenCache(Clock.system());
      cache.publish(SHOP, token(1, Token.millis(Clock.system()) + 3_600_000));
      TokenService service = new TokenService(cache, Bus.of(vertx), new Metrics());
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long best = Long.MAX_VALUE;
      long bestNanos = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        long started = System.nanoTime();
        for (int i = 0; i < 10_000; i++) {
          assertThatSucceeded(service);
        }
        bestNanos = Math.min(bestNanos, System.nanoTime() - started);
        best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
      }
      System.out.println("memory hit: " + bestNanos / 10_000 + " ns");
      assertThat(best).as("bytes for 10,000 hits").isLessThan(10_000);
    } finally {
      var unused = vertx.close();
    }
  }

  private static void assertThatSucceeded(TokenService service) {
    if (!service.get("acme", "shop", TokenKind.ACCESS).succeeded()) {
      throw new AssertionError("no hit");
    }
  }

  private static Token token(long generation, long freshUntilMillis) {
    return new Token(Secret.of("t"), generation, freshUntilMillis, freshUntilMillis + 1_000);
  }
}
