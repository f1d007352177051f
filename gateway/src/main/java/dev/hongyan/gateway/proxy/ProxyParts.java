package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.token.TokenService;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** What the proxy doors of all event loops of a process share. One per process; thread-safe. */
public final class ProxyParts {
  final Vertx vertx;
  final Clock clock;
  final TenantDirectory directory;
  final Sealer sealer;
  final TokenService tokens;
  final QuotaLedger ledger;
  final Breakers breakers;
  final Metrics metrics;
  final ProxyOptions options;
  final Supplier<String> newRequestId;

  /**
   * @param sealer seals the stand-ins; the same on every node
   * @param newRequestId names a request that came without an id; any thread
   */
  public ProxyParts(
      Vertx vertx,
      Clock clock,
      TenantDirectory directory,
      Sealer sealer,
      TokenService tokens,
      QuotaLedger ledger,
      Metrics metrics,
      ProxyOptions options,
      Supplier<String> newRequestId) {
    this.vertx = vertx;
    this.clock = clock;
    this.directory = directory;
    this.sealer = sealer;
    this.tokens = tokens;
    this.ledger = ledger;
    this.breakers = new Breakers(vertx, directory, metrics, options);
    this.metrics = metrics;
    this.options = options;
    this.newRequestId = newRequestId;
  }
}
