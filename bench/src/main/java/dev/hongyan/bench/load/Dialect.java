package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What one connection to a peer says and understands. For the generator's loop. */
public interface Dialect {
  /** The other side of a connection, as its dialect sees it. */
  interface Link {
    /** Sends bytes: as one WebSocket message, or as they are without a handshake. */
    void send(byte[] bytes);

    /** It is subscribed, or may publish. */
    void ready();

    /** A message came whose data ends before {@code end}. */
    void message(ByteBuf in, int end);
  }

  /** The HTTP request that asks for a WebSocket; null for a plain connection. */
  @Nullable String handshake();

  /** The connection, or the WebSocket, is open. */
  void opened(Link link);

  /**
   * What came: a whole WebSocket message, or whatever there is of a stream.
   *
   * @return how many bytes of it are done with; the rest comes again with what follows
   */
  int read(Link link, ByteBuf in, int start, int length);

  /** What publishes this; of a dialect that receives only, nothing. */
  default byte[] publish(byte[] data) {
    throw new UnsupportedOperationException("it does not publish");
  }

  /** The head of a WebSocket's handshake. */
  static String handshake(String path, String more) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n"
        + more
        + "\r\n";
  }
}
