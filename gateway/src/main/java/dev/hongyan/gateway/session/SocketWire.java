package dev.hongyan.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.http.WebSocketInternal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Vert.x server WebSocket, written to and read from one step below Vert.x: frames come encoded
 * and shared (Vert.x would encode a String for each receiver), and data frames are read without a
 * copy. Control frames and closing stay with Vert.x. The only class that knows Netty's pipeline.
 */
final class SocketWire implements Wire {
  private static final String ENCODER = "wsencoder";
  private static final ByteBuf PING =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeByte(0x89).writeByte(0).asReadOnly());
  private static final int REASON_BYTES = 123;

  private final ServerWebSocket socket;
  private final Channel channel;
  private final ChannelHandlerContext below;
  private final ChannelPromise nobody;
  private final Frames frames;
  private final boolean extended;

  private SocketWire(ServerWebSocket socket, Channel channel, Frames frames) {
    this.socket = socket;
    this.channel = channel;
    this.frames = frames;
    this.below = channel.pipeline().context(ENCODER);
    this.nobody = below.voidPromise();
    // permessage-deflate needs frame objects, so that its encoder sees them
    this.extended =
        channel.pipeline().names().stream()
            .anyMatch(n -> n.contains("Deflate") || n.contains("Extension"));
  }

  /**
   * Takes the socket over: from now on data frames go to {@code session}. Call it on the socket's
   * context.
   */
  static SocketWire attach(
      ServerWebSocket socket, ContextInternal context, Reader reader, Frames frames) {
    Channel channel = ((WebSocketInternal) socket).channelHandlerContext().channel();
    SocketWire wire = new SocketWire(socket, channel, frames);
    if (channel.pipeline().get("idle") != null) {
      channel
          .pipeline()
          .remove("idle"); // a timer per connection; the hub's wheel looks after sessions
    }
    channel.pipeline().addBefore("handler", "hongyan-session", new Inbound(context, reader));
    return wire;
  }

  /** Who gets what comes in. */
  interface Reader {
    /** A data frame; {@code frame} is only good during the call. */
    void data(Kind kind, boolean last, ByteBuf frame);

    /** Something came, if only a pong: the other side lives. */
    void sign();

    /** The socket takes more again. */
    void writable();

    /** What came is no WebSocket frame, or too large a one; the code says which. */
    void broken(int closeCode);
  }

  enum Kind {
    TEXT,
    BINARY,
    CONTINUATION
  }

  @Override
  public void write(@Nullable List<byte[]> control, List<Frames.Delivery> deliveries) {
    ByteBuf frame = frames.build(control, deliveries);
    if (!extended) {
      below.write(frame, nobody);
      return;
    }
    int length = frame.getByte(frame.readerIndex() + 1) & 0x7f;
    frame.skipBytes(length < 126 ? 2 : length == 126 ? 4 : 10);
    channel.pipeline().write(new TextWebSocketFrame(frame));
  }

  @Override
  public void flush() {
    below.flush(); // nothing above holds anything back
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public long unsentBytes() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  @Override
  public void ping() {
    below.writeAndFlush(PING.duplicate(), nobody);
  }

  @Override
  public void close(int code, String reason) {
    socket.close((short) code, fitting(reason)).onFailure(e -> {}); // it is gone already
  }

  /** Stops reading, and starts again. */
  void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  /** A longer reason would end the connection with 1006 on the other side. */
  private static String fitting(String reason) {
    byte[] utf8 = reason.getBytes(StandardCharsets.UTF_8);
    int n = Math.min(utf8.length, REASON_BYTES);
    while (n > 0 && n < utf8.length && (utf8[n] & 0xc0) == 0x80) {
      n--;
    }
    return new String(utf8, 0, n, StandardCharsets.UTF_8);
  }

  private static final class Inbound extends ChannelInboundHandlerAdapter {
    private final ContextInternal context;
    private final Reader reader;

    Inbound(ContextInternal context, Reader reader) {
      this.context = context;
      this.reader = reader;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      if (message instanceof TextWebSocketFrame
          || message instanceof BinaryWebSocketFrame
          || message instanceof ContinuationWebSocketFrame) {
        try {
          context.dispatch((WebSocketFrame) message, this::data);
        } finally {
          ReferenceCountUtil.release(message);
        }
        return;
      }
      if (message instanceof PongWebSocketFrame) {
        reader.sign();
      }
      super.channelRead(ctx, message);
    }

    private void data(WebSocketFrame frame) {
      Kind kind =
          frame instanceof TextWebSocketFrame
              ? Kind.TEXT
              : frame instanceof BinaryWebSocketFrame ? Kind.BINARY : Kind.CONTINUATION;
      reader.data(kind, frame.isFinalFragment(), frame.content());
    }

    /** Vert.x would cut the connection without a word. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
      if (cause instanceof CorruptedWebSocketFrameException broken) {
        context.dispatch(v -> reader.broken(broken.closeStatus().code()));
      } else {
        super.exceptionCaught(ctx, cause);
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
      super.channelWritabilityChanged(ctx);
      if (ctx.channel().isWritable()) {
        context.dispatch(v -> reader.writable());
      }
    }
  }
}
