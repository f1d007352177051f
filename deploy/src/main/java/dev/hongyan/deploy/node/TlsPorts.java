package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.management.ManagementVerticle;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which of a node's two ports speak TLS.
 *
 * @param open the public one; null: plain HTTP
 * @param management the other; null: plain HTTP
 */
record TlsPorts(@Nullable TlsPort open, @Nullable TlsPort management) {

  /** Reads the configured files. Blocks. */
  static TlsPorts open(Config config) throws IOException {
    Clock clock = Clock.system();
    return new TlsPorts(
        config.tls() == null ? null : TlsPort.open(config.tls(), clock),
        config.managementTls() == null ? null : TlsPort.open(config.managementTls(), clock));
  }

  HttpServerOptions onManagement(HttpServerOptions plain) {
    return management == null ? plain : management.on(plain);
  }

  /** One after the other: the loops share a server, and two at once is more than it can take. */
  private static Future<?> update(Platform platform, ServerSSLOptions options) {
    Future<?> all = Future.succeededFuture();
    for (GatewayVerticle gateway : platform.gateways()) {
      all = all.compose(before -> gateway.updateTls(options));
    }
    return all;
  }

  /** Follows the files; gives what ends that. */
  Supplier<Future<?>> follow(
      Vertx vertx,
      Platform platform,
      ManagementVerticle verticle,
      HealthChecks health,
      Metrics metrics) {
    TlsPort first = open;
    TlsPort second = management;
    if (first != null) {
      first.follow(
          vertx, options -> update(platform, options), health, metrics, Series.TLS_DAYS_LEFT);
    }
    if (second != null) {
      second.follow(vertx, verticle::updateTls, health, metrics, Series.MANAGEMENT_TLS_DAYS_LEFT);
    }
    return () -> {
      if (first != null) {
        first.stop(vertx);
      }
      if (second != null) {
        second.stop(vertx);
      }
      return Future.succeededFuture();
    };
  }
}
