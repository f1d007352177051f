package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.token.Token;
import dev.hongyan.token.fetch.Host;
import dev.hongyan.token.fetch.Hosts;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.List;

/** The connections of one event loop to WeChat, and which of its hosts are well. */
final class Upstream {
  private static final int CONNECTIONS_MAX = 256;
  private static final int WAITING_MAX = 10_000;
  private static final int BUSY_HEADERS_BYTES = 16 * 1024;

  private final HttpClient http;
  private final Timers timers;
  private final Clock clock;
  private final ProxyOptions options;
  private final Hosts hosts;

  Upstream(Vertx vertx, Timers timers, Clock clock, ProxyOptions options) {
    this.timers = timers;
    this.clock = clock;
    this.options = options;
    this.hosts = new Hosts(options.hosts(), options.returnAfter().toMillis());
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) options.connectWithin().toMillis())
                // Shorter than any server's, so that a request seldom meets a closing connection.
                .setKeepAliveTimeout(15)
                // Of a transfer that neither side moves on.
                .setIdleTimeout(60)
                .setMaxHeaderSize(BUSY_HEADERS_BYTES),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(WAITING_MAX));
  }

  HttpClient http() {
    return http;
  }

  Timers timers() {
    return timers;
  }

  Duration connectWithin() {
    return options.connectWithin();
  }

  Duration answerWithin() {
    return options.answerWithin();
  }

  /** All hosts, those that are well first. */
  List<Host> inOrder() {
    return hosts.inOrder(Token.millis(clock));
  }

  void answered(Host host) {
    hosts.answered(host);
  }

  void failed(Host host) {
    hosts.failed(host, Token.millis(clock));
  }
}
