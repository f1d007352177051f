package dev.hongyan.bench.small;

import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.Credential;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenReply;
import dev.hongyan.token.TokenService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A token from memory, of a process that holds those of a thousand accounts.
 *
 * <pre>bin/bench jmh TokenHit</pre>
 */
@State(Scope.Thread)
public class TokenHit {
  private static final int TENANTS = 1_000;
  private static final long LIFE_MILLIS = 7_200_000;

  private final Vertx vertx = Vertx.vertx();
  private final Clock clock = Clock.system();
  private final Metrics metrics = new Metrics();
  private final TokenCache cache = new TokenCache(clock);
  private final TokenService tokens = new TokenService(cache, Bus.of(vertx), metrics);

  // As it comes out of a request's path: equal to the key, not the same object.
  private final String tenant = new StringBuilder("tenant-").append(500).toString();
  private final String account = new StringBuilder("shop").toString();

  @Setup
  public void fill() {
    long now = Token.millis(clock);
    for (int i = 0; i < TENANTS; i++) {
      cache.publish(
          new Credential("tenant-" + i, "shop", TokenKind.ACCESS),
          new Token(Secret.of("t".repeat(136)), 1, now + LIFE_MILLIS * 8 / 10, now + LIFE_MILLIS));
    }
    if (!tokenHit().succeeded()) {
      throw new IllegalStateException("it is not there");
    }
  }

  @TearDown
  public void end() {
    metrics.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Benchmark
  public Future<TokenReply> tokenHit() {
    return tokens.get(tenant, account, TokenKind.ACCESS);
  }
}
