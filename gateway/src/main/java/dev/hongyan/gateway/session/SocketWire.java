package dev.hongyan.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.http.WebSocketInternal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket whose handshake Vert.x has made, and which is ours from then on: the HTTP connection
 * that it was, and all that Vert.x keeps for it, is let go (10 KiB of the heap a connection, most
 * of it queues for writers on other threads). Frames come encoded and shared, data frames are read
 * without a copy, control frames are answered by {@link Inbound}. The only class, with that one,
 * that knows Netty's pipeline. For the socket's event loop only.
 */
final class SocketWire implements Wire {
  private static final String ENCODER = "wsencoder";
  private static final ByteBuf PING =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeByte(0x89).writeByte(0).asReadOnly());
  private static final int CONTROL_BYTES = 125;
  private static final int REASON_BYTES = CONTROL_BYTES - 2;

  /** How long the other side has to say goodbye too, once ours has left. */
  private static final long GOODBYE_SECONDS = 2;

  /** And until ours has left, when the other side does not read. */
  private static final long UNREAD_SECONDS = 30;

  private final Channel channel;
  private final ChannelHandlerContext below;
  private final ChannelPromise nobody;

  /** Where frames go at once when nothing below the encoder wants to see them; else null. */
  private final Channel.@Nullable Unsafe socket;

  private final Frames frames;
  private final boolean extended;
  private final boolean tls;
  private boolean closeSent;
  private boolean closeReceived;

  private SocketWire(Channel channel, Frames frames) {
    this.channel = channel;
    this.frames = frames;
    this.below = channel.pipeline().context(ENCODER);
    this.nobody = below.voidPromise();
    this.tls = channel.pipeline().get(SslHandler.class) != null;
    // permessage-deflate needs frame objects, so that its encoder sees them
    this.extended =
        channel.pipeline().names().stream()
            .anyMatch(n -> n.contains("Deflate") || n.contains("Extension"));
    this.socket = tls || extended || !isLast(below) ? null : channel.unsafe();
  }

  /** Whether what this handler writes goes to the socket as it is. */
  private static boolean isLast(ChannelHandlerContext encoder) {
    for (Map.Entry<String, ChannelHandler> each : encoder.pipeline()) {
      if (each.getValue() == encoder.handler()) {
        return true;
      }
      if (each.getValue() instanceof ChannelOutboundHandler) {
        return false;
      }
    }
    return false;
  }

  /**
   * Takes the socket over: from now on everything goes to {@code reader}, and Vert.x knows nothing
   * of it. Call it on the socket's context, before anything else was done with the socket.
   */
  static SocketWire attach(
      ServerWebSocket socket, ContextInternal context, Reader reader, Frames frames) {
    Channel channel = ((WebSocketInternal) socket).channelHandlerContext().channel();
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get("idle") != null) {
      pipeline.remove("idle"); // a timer per connection; the hub's wheel looks after sessions
    }
    SocketWire wire = new SocketWire(channel, frames);
    pipeline.replace("handler", "hongyan-session", new Inbound(context, reader, wire));
    channel.config().setAutoRead(true);
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

    /** The socket is closed, whoever did it. Nothing follows. */
    void gone();
  }

  enum Kind {
    TEXT,
    BINARY,
    CONTINUATION
  }

  @Override
  public void write(@Nullable List<byte[]> control, List<Frames.Delivery> deliveries) {
    ByteBuf frame = frames.build(control, deliveries);
    if (socket != null) {
      socket.write(frame, nobody); // the handlers between would only be passed through
      return;
    }
    if (tls) {
      // Its handler would put the next frame behind this one, in memory that others share.
      frame = frame.asReadOnly();
    }
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
    if (socket != null) {
      socket.flush();
    } else {
      below.flush(); // nothing above holds anything back
    }
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
    byte[] utf8 = reason.getBytes(StandardCharsets.UTF_8);
    int length = fitting(utf8);
    ByteBuf body = channel.alloc().directBuffer(2 + length).writeShort(code);
    sayGoodbye(body.writeBytes(utf8, 0, length));
  }

  private void sayGoodbye(ByteBuf body) {
    if (closeSent) {
      body.release();
      return;
    }
    closeSent = true;
    ChannelFuture left = control(0x88, body, below.newPromise());
    if (closeReceived) {
      left.addListener(done -> cut());
      return;
    }
    Future<?> unread = channel.eventLoop().schedule(this::cut, UNREAD_SECONDS, TimeUnit.SECONDS);
    left.addListener(
        done -> {
          unread.cancel(false);
          Future<?> unanswered =
              channel.eventLoop().schedule(this::cut, GOODBYE_SECONDS, TimeUnit.SECONDS);
          channel.closeFuture().addListener(closed -> unanswered.cancel(false));
        });
  }

  /** The other side said goodbye; {@code body} as it came. */
  void goodbye(ByteBuf body) {
    closeReceived = true;
    if (closeSent) {
      cut();
    } else if (body.readableBytes() >= 2) {
      sayGoodbye(channel.alloc().directBuffer(2).writeShort(body.getShort(body.readerIndex())));
    } else {
      sayGoodbye(channel.alloc().directBuffer(2).writeShort(1000));
    }
  }

  /** Answers a ping, unless the other side does not read its answers. */
  void pong(ByteBuf body) {
    if (channel.isWritable() && !closeSent) {
      var unused = control(0x8a, body.retain(), nobody);
    }
  }

  void cut() {
    var unused = channel.close();
  }

  /** Takes over a reference to {@code body}, which has at most 125 bytes. */
  private ChannelFuture control(int kind, ByteBuf body, ChannelPromise told) {
    int length = body.readableBytes();
    ByteBuf frame = channel.alloc().directBuffer(2 + length).writeByte(kind).writeByte(length);
    frame.writeBytes(body);
    body.release();
    return below.writeAndFlush(frame, told);
  }

  /** A longer reason would make the frame one that the other side does not take. */
  private static int fitting(byte[] utf8) {
    int n = Math.min(utf8.length, REASON_BYTES);
    while (n > 0 && n < utf8.length && (utf8[n] & 0xc0) == 0x80) {
      n--;
    }
    return n;
  }
}
