package dev.hongyan.bench.peer;

import dev.hongyan.bench.load.Dialect;
import io.netty.buffer.ByteBuf;

/** Socket.IO 4 over WebSocket alone; each message is an event {@code m} with the data in it. */
public final class SocketIo implements Dialect {
  private static final byte[] CONNECT = Bytes.ascii("40");
  private static final byte[] PONG = Bytes.ascii("3");
  private static final byte[] BEFORE = Bytes.ascii("42[\"p\",");
  private static final byte[] AFTER = Bytes.ascii("]");

  @Override
  public String handshake() {
    return Dialect.handshake("/socket.io/?EIO=4&transport=websocket", "");
  }

  @Override
  public void opened(Link link) {}

  @Override
  public int read(Link link, ByteBuf in, int start, int length) {
    switch (in.getByte(start)) {
      case '0' -> link.send(CONNECT);
      case '2' -> link.send(PONG);
      case '4' -> {
        if (in.getByte(start + 1) == '0') {
          link.ready();
        } else {
          link.message(in, start + length - 1); // without the bracket
        }
      }
      default -> {}
    }
    return length;
  }

  @Override
  public byte[] publish(byte[] data) {
    return Bytes.join(BEFORE, data, AFTER);
  }
}
