package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of a WebSocket, as cheap as it gets: text frames are handed on where they lie
 * in the receive buffer, and what is sent is masked with zeros (allowed on the wire, and nothing
 * needs to be changed then). One text message is one frame; fragments are not taken.
 */
public final class WsSocket extends ChannelInboundHandlerAdapter {
  private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};
  private static final int FRAME_MAX = 8 << 20;

  private final String request;
  private final Listener listener;
  private @Nullable Channel channel;
  private @Nullable ByteBuf rest;
  private boolean open;
  private boolean ended;

  /** Who hears what comes. All on the generator's loop. */
  public interface Listener {
    /** The handshake is done. */
    void opened(WsSocket socket);

    /**
     * A text or binary message: {@code length} bytes of {@code data} from {@code start}; copy what
     * you keep.
     */
    void text(WsSocket socket, ByteBuf data, int start, int length);

    /** It is over, or did not come about; {@code code} is the close code, 1006 without one. */
    void closed(WsSocket socket, int code, String reason);
  }

  private WsSocket(String request, Listener listener) {
    this.request = request;
    this.listener = listener;
  }

  /** Connects; the listener hears of success and of failure. */
  public static WsSocket connect(Generator generator, int port, String token, Listener listener) {
    return connectTo(
        generator,
        port,
        Dialect.handshake(
            "/ws/v1",
            "Sec-WebSocket-Protocol: hongyan.v1\r\nAuthorization: Bearer " + token + "\r\n"),
        listener);
  }

  /** The same with a handshake of one's own. */
  static WsSocket connectTo(Generator generator, int port, String handshake, Listener listener) {
    WsSocket socket = new WsSocket(handshake, listener);
    generator.connect(port, socket, e -> socket.end(1006, String.valueOf(e.getMessage())));
    return socket;
  }

  /** Writes a text message without flushing. */
  public void write(byte[] text) {
    Channel c = channel;
    if (c != null && open) {
      ByteBuf out = c.alloc().directBuffer(text.length + 14);
      header(out, 0x81, text.length);
      out.writeBytes(text);
      c.write(out, c.voidPromise());
    }
  }

  /** Writes a text message of three parts and flushes; the middle one is copied from a buffer. */
  void send(byte[] before, ByteBuf middle, int start, int length, byte[] after) {
    Channel c = channel;
    if (c != null && open) {
      int size = before.length + length + after.length;
      ByteBuf out = c.alloc().directBuffer(size + 14);
      header(out, 0x81, size);
      out.writeBytes(before).writeBytes(middle, start, length).writeBytes(after);
      c.writeAndFlush(out, c.voidPromise());
    }
  }

  public void flush() {
    if (channel != null) {
      channel.flush();
    }
  }

  /** Stops reading from the socket, so that what the server sends piles up, or starts again. */
  public void reading(boolean on) {
    if (channel != null) {
      channel.config().setAutoRead(on);
    }
  }

  /** Cuts the connection without a word. */
  public void cut() {
    if (channel != null) {
      channel.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    ctx.writeAndFlush(
        ctx.alloc()
            .buffer(request.length())
            .writeBytes(request.getBytes(StandardCharsets.US_ASCII)),
        ctx.voidPromise());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    ByteBuf before = rest;
    if (before != null) {
      before.writeBytes(in);
      in.release();
      in = before;
      rest = null;
    }
    try {
      if (!open && !handshake(in)) {
        keep(ctx, in, 1024);
        return;
      }
      int needed = frames(ctx, in);
      keep(ctx, in, needed);
    } finally {
      in.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(1006, "gone");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(1006, String.valueOf(cause));
    ctx.close();
  }

  private boolean handshake(ByteBuf in) {
    int from = in.readerIndex();
    int end = ByteBufUtil.indexOf(io.netty.buffer.Unpooled.wrappedBuffer(END_OF_HEAD), in.slice());
    if (end < 0) {
      return false;
    }
    String head = in.toString(from, end, StandardCharsets.US_ASCII);
    in.skipBytes(end + END_OF_HEAD.length);
    if (!head.startsWith("HTTP/1.1 101")) {
      end(1006, head.lines().findFirst().orElse(""));
      cut();
      return true;
    }
    open = true;
    listener.opened(this);
    return true;
  }

  /** Takes all whole frames; gives how many bytes the next one needs, 0 when nothing is left. */
  private int frames(ChannelHandlerContext ctx, ByteBuf in) {
    while (open) {
      int have = in.readableBytes();
      if (have < 2) {
        return have == 0 ? 0 : 256;
      }
      int at = in.readerIndex();
      int kind = in.getByte(at) & 0xff;
      long length = in.getByte(at + 1) & 0x7f;
      int head = 2;
      if (length == 126) {
        head = 4;
        length = have < 4 ? FRAME_MAX : in.getUnsignedShort(at + 2);
      } else if (length == 127) {
        head = 10;
        length = have < 10 ? FRAME_MAX : in.getLong(at + 2);
      }
      if (have < head) {
        return 256;
      }
      if (length > FRAME_MAX) {
        throw new IllegalStateException("a frame of " + length + " bytes");
      }
      int size = (int) length;
      if (have < head + size) {
        return head + size;
      }
      in.skipBytes(head + size);
      frame(ctx, kind, in, at + head, size);
    }
    return 0;
  }

  private void frame(ChannelHandlerContext ctx, int kind, ByteBuf in, int start, int length) {
    switch (kind) {
      case 0x81, 0x82 -> listener.text(this, in, start, length);
      case 0x89 -> {
        ByteBuf pong = ctx.alloc().buffer(length + 14);
        header(pong, 0x8a, length);
        ctx.writeAndFlush(pong.writeBytes(in, start, length), ctx.voidPromise());
      }
      case 0x88 -> {
        int code = length >= 2 ? in.getUnsignedShort(start) : 1005;
        String reason =
            length > 2 ? in.toString(start + 2, length - 2, StandardCharsets.UTF_8) : "";
        end(code, reason);
        cut();
      }
      case 0x8a -> {}
      default -> throw new IllegalStateException("frame of kind " + Integer.toHexString(kind));
    }
  }

  private void keep(ChannelHandlerContext ctx, ByteBuf in, int needed) {
    int left = in.readableBytes();
    if (left > 0 && !ended) {
      rest = ctx.alloc().directBuffer(Math.max(left, needed)).writeBytes(in);
    }
  }

  private void end(int code, String reason) {
    open = false;
    if (rest != null) {
      rest.release();
      rest = null;
    }
    if (!ended) {
      ended = true;
      listener.closed(this, code, reason);
    }
  }

  private static void header(ByteBuf out, int kind, int length) {
    out.writeByte(kind);
    if (length < 126) {
      out.writeByte(0x80 | length);
    } else if (length < 65_536) {
      out.writeByte(0x80 | 126).writeShort(length);
    } else {
      out.writeByte(0x80 | 127).writeLong(length);
    }
    out.writeInt(0);
  }
}
