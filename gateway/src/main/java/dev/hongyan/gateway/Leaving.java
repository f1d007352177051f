package dev.hongyan.gateway;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.ShutdownEvent;

/**
 * How connections outlive the listening socket while a node drains. Vert.x closes an idle HTTP
 * connection the moment its server shuts down, and a request that is on its way there is lost; here
 * each is kept until it has been answered once more, with {@code Connection: close}. WebSockets are
 * left to their sessions.
 */
final class Leaving {
  private static final ChannelHandler STAY = new Stay();

  private Leaving() {}

  /** Lets this connection survive the shutdown of its server. Costs nothing until then. */
  static void stay(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channelHandlerContext().pipeline().addBefore("handler", "hongyan-stay", STAY);
    }
  }

  /** This answer is the connection's last. */
  static void last(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    response.endHandler(ended -> request.connection().close().onFailure(gone -> {}));
  }

  @ChannelHandler.Sharable
  private static final class Stay extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (!(event instanceof ShutdownEvent)) {
        super.userEventTriggered(context, event);
      }
    }
  }
}
