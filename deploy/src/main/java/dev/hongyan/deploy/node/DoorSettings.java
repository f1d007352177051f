package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.session.SessionLimits;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;

/** What of the configuration is the gateway's. */
final class DoorSettings {
  private static final int HEADER_BYTES_MAX = 16 * 1024;
  private static final int IDLE_SECONDS = 75;

  private DoorSettings() {}

  static HttpServerOptions http(Vertx vertx, Config config) {
    return new HttpServerOptions()
        .setHost(config.http().host())
        // a negative one is any free port that all verticles share
        .setPort(config.http().port() == 0 ? -1 : config.http().port())
        .setReusePort(vertx.isNativeTransportEnabled())
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(config.websocket().compression())
        .setMaxHeaderSize(HEADER_BYTES_MAX)
        .setIdleTimeout(IDLE_SECONDS);
  }

  /** For each of {@code loops} event loops. */
  static GatewayVerticle.Settings each(Config config, int loops) {
    return new GatewayVerticle.Settings(
        SessionLimits.DEFAULT.within(
            config.websocket().maxFrameBytes(), config.websocket().maxSessions() / loops + 1),
        1024,
        1 << 20,
        32 << 20);
  }
}
