package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Tls;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of one port, from files that may change at any time: they are read every second, so swapped
 * links (a mounted Secret) are as good as new files. New ones count for new connections; those that
 * are open stay as they are. Files that are wrong change nothing, and health tells of them.
 */
final class TlsPort {
  private static final Logger LOG = LoggerFactory.getLogger(TlsPort.class);
  private static final long LOOK_EVERY_MILLIS = 1_000;

  /** Whoever renews certificates has done so long before. */
  private static final Duration LATE = Duration.ofDays(7);

  private final Tls tls;
  private final Clock clock;
  private Tls.Material material;
  private volatile Instant expires;
  private volatile @Nullable String trouble;
  private boolean stopped;
  private long timer = -1;

  private TlsPort(Tls tls, Tls.Material material, Clock clock) {
    this.tls = tls;
    this.material = material;
    this.expires = material.expires();
    this.clock = clock;
  }

  /** Reads the files for the first time. Blocks. */
  static TlsPort open(Tls tls, Clock clock) throws IOException {
    return new TlsPort(tls, tls.load(), clock);
  }

  /** The same options, with TLS. */
  HttpServerOptions on(HttpServerOptions options) {
    ServerSSLOptions ssl = options();
    return options
        .setSsl(true)
        // WebSocket needs HTTP/1.1, and a server that is left says so with Connection: close.
        .setUseAlpn(false)
        .setKeyCertOptions(ssl.getKeyCertOptions())
        .setTrustOptions(ssl.getTrustOptions())
        .setClientAuth(ssl.getClientAuth())
        .setEnabledSecureTransportProtocols(ssl.getEnabledSecureTransportProtocols());
  }

  private ServerSSLOptions options() {
    ServerSSLOptions options = new ServerSSLOptions();
    options.setKeyCertOptions(
        new PemKeyCertOptions()
            .addCertValue(Buffer.buffer(material.certificates()))
            .addKeyValue(Buffer.buffer(material.key())));
    String ca = material.clientCa();
    if (ca != null) {
      options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(ca)));
    }
    Set<String> versions =
        tls.minVersion().equals("1.3")
            ? Set.of("TLSv1.3")
            : new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));
    return options
        .setClientAuth(tls.clientAuth())
        .setUseAlpn(false)
        .setEnabledSecureTransportProtocols(versions);
  }

  /**
   * Follows the files from now on.
   *
   * @param update gives new ones to the servers of the port
   */
  void follow(
      Vertx vertx,
      Function<ServerSSLOptions, Future<?>> update,
      HealthChecks health,
      Metrics metrics,
      Series daysLeft) {
    health.helpful(tls.prefix(), () -> Future.succeededFuture(status()));
    metrics.gauge(daysLeft, () -> left().toMillis() / 86_400_000.0);
    schedule(vertx, update);
  }

  void stop(Vertx vertx) {
    stopped = true;
    vertx.cancelTimer(timer);
  }

  private void schedule(Vertx vertx, Function<ServerSSLOptions, Future<?>> update) {
    if (!stopped) {
      timer = vertx.setTimer(LOOK_EVERY_MILLIS, fired -> look(vertx, update));
    }
  }

  private void look(Vertx vertx, Function<ServerSSLOptions, Future<?>> update) {
    var unused =
        vertx
            .executeBlocking(tls::load, false)
            .compose(now -> take(now, update))
            .onComplete(
                done -> {
                  String before = trouble;
                  trouble = done.succeeded() ? null : String.valueOf(done.cause().getMessage());
                  if (done.failed() && !String.valueOf(trouble).equals(before)) {
                    LOG.error("the certificate in use stays: {}", trouble);
                  }
                  schedule(vertx, update);
                });
  }

  private Future<?> take(Tls.Material now, Function<ServerSSLOptions, Future<?>> update) {
    if (now.equals(material)) {
      return Future.succeededFuture();
    }
    Tls.Material before = material;
    material = now;
    return update
        .apply(options())
        .onSuccess(
            done -> {
              expires = now.expires();
              LOG.info("{}: a new certificate is in use, until {}", tls.prefix(), expires);
            })
        .onFailure(e -> material = before);
  }

  private Duration left() {
    return Duration.between(Instant.ofEpochMilli(clock.wallMillis()), expires);
  }

  private Status status() {
    String wrong = trouble;
    Duration left = left();
    if (wrong != null) {
      return Status.degraded("the certificate in use stays: " + wrong.replace("\n", "; "));
    }
    if (left.isNegative()) {
      return Status.degraded("the certificate ended at " + expires);
    }
    String detail = "the certificate ends at " + expires;
    return left.compareTo(LATE) < 0 ? Status.degraded(detail) : Status.up(detail);
  }
}
