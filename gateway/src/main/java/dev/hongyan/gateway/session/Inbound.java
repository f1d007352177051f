package dev.hongyan.gateway.session;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.internal.ContextInternal;

/** The last handler of a session's pipeline: hands on what comes in, answers control frames. */
final class Inbound extends ChannelInboundHandlerAdapter {
  private final ContextInternal context;
  private final SocketWire.Reader reader;
  private final SocketWire wire;

  Inbound(ContextInternal context, SocketWire.Reader reader, SocketWire wire) {
    this.context = context;
    this.reader = reader;
    this.wire = wire;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (message instanceof WebSocketFrame frame) {
        context.dispatch(frame, this::frame);
      } // else the end of the HTTP request that this was
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void frame(WebSocketFrame frame) {
    if (frame instanceof TextWebSocketFrame) {
      reader.data(SocketWire.Kind.TEXT, frame.isFinalFragment(), frame.content());
    } else if (frame instanceof BinaryWebSocketFrame) {
      reader.data(SocketWire.Kind.BINARY, frame.isFinalFragment(), frame.content());
    } else if (frame instanceof ContinuationWebSocketFrame) {
      reader.data(SocketWire.Kind.CONTINUATION, frame.isFinalFragment(), frame.content());
    } else if (frame instanceof PingWebSocketFrame) {
      reader.sign();
      wire.pong(frame.content());
    } else if (frame instanceof PongWebSocketFrame) {
      reader.sign();
    } else if (frame instanceof CloseWebSocketFrame) {
      wire.goodbye(frame.content());
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException broken) {
      context.dispatch(v -> reader.broken(broken.closeStatus().code()));
    } else {
      wire.cut(); // the network, most often
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      context.dispatch(v -> reader.writable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    context.dispatch(v -> reader.gone());
  }

  /** Events of the server's end are no matter of ours: sessions end when their hub says so. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    ReferenceCountUtil.release(event);
  }
}
